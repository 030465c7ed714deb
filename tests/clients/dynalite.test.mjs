// The shipped application with its tables in a second, independent DynamoDB implementation (dynalite), chosen by one
// setting: orders go through as before, and the items are there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import dynalite from 'dynalite';
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { connect } from './lib/realtime.mjs';
import { startServer } from './lib/server.mjs';
import { newOrder, ON_STATUS, PLACE } from './lib/operations.mjs';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const variables = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
const tables = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
let server;
let elsewhere;

before(async () => {
  await new Promise((resolve) => tables.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${tables.address().port}`;
  server = await startServer(['--dynamodb', 'aws', '--dynamodb-endpoint-url', endpoint], variables);
  elsewhere = new DynamoDBClient({ endpoint, region: server.region, credentials });
});
after(async () => {
  await server?.stop();
  elsewhere?.destroy();
  await new Promise((resolve) => tables.close(resolve));
});

test('an order is placed and shipped with its tables elsewhere', async (t) => {
  const { TableNames } = await elsewhere.send(new ListTablesCommand({}));
  assert.deepEqual(TableNames.sort(), ['orders', 'payments', 'shipments', 'stock'].map((name) => `stepwell-${name}`));

  const key = { 'x-api-key': server.apiKey };
  const connection = await connect(server, key);
  t.after(connection.close);
  connection.send({ type: 'connection_init' });
  await connection.next('ka');
  const input = newOrder('dynalite', 2.5, 'somebody');
  connection.start('order', ON_STATUS, { id: input.clientToken });
  await connection.next('start_ack', 'order');

  const response = await fetch(server.graphql, {
    method: 'POST',
    headers: key,
    body: JSON.stringify({ query: PLACE, variables: { input } }),
  });
  const { errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  const ends = /SHIPPED|FAILED|OUT_OF_STOCK|REJECTED|CANCELLED/;
  const end = await connection.messages.next('the end', ({ payload }) => ends.test(payload?.data?.onOrderStatus.status));
  assert.equal(end.payload.data.onOrderStatus.status, 'SHIPPED');

  const item = { TableName: 'stepwell-orders', Key: { id: { S: input.clientToken } } };
  const { Item } = await elsewhere.send(new GetItemCommand(item));
  assert.equal(Item?.status.S, 'SHIPPED');
});
