// The shipped application with its tables in a second, independent DynamoDB implementation (dynalite), chosen by one
// setting: orders go through as before, and the items are there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import dynalite from 'dynalite';
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { startServer } from './lib/server.mjs';
import { newOrder, PLACE, within } from './lib/operations.mjs';

const keys = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
const tables = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
let endpoint;
let server;
let elsewhere;

before(async () => {
  await new Promise((resolve) => tables.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${tables.address().port}`;
  server = await startServer(['--dynamodb', 'aws', '--dynamodb-endpoint-url', endpoint], keys);
  elsewhere = new DynamoDBClient({
    endpoint,
    region: server.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
after(async () => {
  await server?.stop();
  elsewhere?.destroy();
  tables.close();
});

async function graphql(query, variables) {
  const response = await fetch(server.graphql, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': server.apiKey },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

test('an order is placed and shipped with its tables elsewhere', async () => {
  const { TableNames } = await elsewhere.send(new ListTablesCommand({}));
  assert.deepEqual(TableNames.sort(), ['orders', 'payments', 'shipments', 'stock'].map((name) => `stepwell-${name}`));

  const input = newOrder('dynalite', 2.5, 'c');
  await graphql(PLACE, { input });
  const shipped = async () => {
    for (;;) {
      const { order } = await graphql('query Q($id: ID!) { order(id: $id) { status statusReason } }', {
        id: input.clientToken,
      });
      if (order.status === 'SHIPPED') return;
      assert.doesNotMatch(order.status, /FAILED|OUT_OF_STOCK|REJECTED/, order.statusReason);
    }
  };
  await within(60, 'shipping', shipped());
  const key = { TableName: 'stepwell-orders', Key: { id: { S: input.clientToken } } };
  const { Item } = await elsewhere.send(new GetItemCommand(key));
  assert.equal(Item.status.S, 'SHIPPED');
});
