// AppSync's real-time protocol without a client library: how a connection authenticates, and every message of it.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { connect, HANDSHAKES } from './lib/realtime.mjs';
import { describe } from './lib/server.mjs';
import { forged, tokensOf } from './lib/tokens.mjs';
import { BAD_SIGNATURE, newOrder, ON_STATUS, PING, PLACE, UNAUTHORIZED } from './lib/operations.mjs';

const server = describe();
const { host } = new URL(server.graphql);
const apiKey = { host, 'x-api-key': server.apiKey };
let token;
before(async () => {
  token = (await tokensOf(server, 'approver')).AccessToken;
});

async function acknowledged(t, credentials, handshake) {
  const connection = await connect(server, credentials, handshake);
  t.after(connection.close);
  connection.send({ type: 'connection_init' });
  await connection.next('ka');
  return connection;
}

async function place(input) {
  const response = await fetch(server.graphql, {
    method: 'POST',
    headers: { 'x-api-key': server.apiKey },
    body: JSON.stringify({ query: PLACE, variables: { input } }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.placeOrder;
}

for (const [way, handshake] of Object.entries(HANDSHAKES)) {
  test(`credentials in ${way} open a connection`, async (t) => {
    for (const credentials of [apiKey, { host, Authorization: token }, { host, Authorization: `Bearer ${token}` }]) {
      const connection = await acknowledged(t, credentials, handshake);
      assert.equal(connection.protocol, 'graphql-ws');
      assert.deepEqual(connection.messages.heard, [
        { type: 'connection_ack', payload: { connectionTimeoutMs: 300000 } },
        { type: 'ka' },
      ]);
    }
  });

  test(`wrong credentials in ${way} are told when the client begins, and the connection is closed`, async () => {
    const wrong = [
      { host, 'x-api-key': 'da2-aaaaaaaaaaaaaaaaaaaaaaaaaa' },
      { host, Authorization: forged(token) },
    ];
    for (const credentials of wrong) {
      const connection = await connect(server, credentials, handshake);
      assert.deepEqual(connection.messages.heard, [], 'a client that does not listen yet is told nothing');
      connection.send({ type: 'connection_init' });
      await connection.closed();
      assert.deepEqual(connection.messages.heard, [
        { type: 'connection_error', payload: { errors: [{ ...UNAUTHORIZED, errorCode: 400 }] } },
      ]);
    }
  });
}

test('no credentials at all are wrong credentials', async () => {
  const connection = await connect(server, { host });
  connection.send({ type: 'connection_init' });
  const { payload } = await connection.next('connection_error');
  assert.deepEqual(payload.errors, [
    { errorType: 'UnauthorizedException', message: 'Valid authorization header not provided.', errorCode: 400 },
  ]);
  await connection.closed();
});

test('a subscription is acknowledged, told of an order, and completed when it is stopped', async (t) => {
  const connection = await acknowledged(t, apiKey);
  const input = newOrder('raw', 1, 'raw');
  connection.start('one', ON_STATUS, { id: input.clientToken });
  assert.deepEqual(await connection.next('start_ack', 'one'), { type: 'start_ack', id: 'one' });
  await place(input);
  const shipped = await connection.messages.next(
    'the shipment',
    ({ type, payload }) => type === 'data' && payload.data.onOrderStatus.status === 'SHIPPED',
  );
  assert.deepEqual(shipped, {
    id: 'one',
    type: 'data',
    payload: { data: { onOrderStatus: { id: input.clientToken, customer: 'raw', status: 'SHIPPED' } } },
  });
  connection.send({ type: 'stop', id: 'one' });
  assert.deepEqual(await connection.next('complete', 'one'), { type: 'complete', id: 'one' });
});

test('a stopped subscription hears nothing more, and its id is free again', async (t) => {
  const connection = await acknowledged(t, apiKey);
  const input = newOrder('stopped', 1, 'raw');
  connection.start('one', ON_STATUS, { id: input.clientToken });
  await connection.next('start_ack', 'one');
  connection.send({ type: 'stop', id: 'one' });
  await connection.next('complete', 'one');
  connection.start('two', ON_STATUS, { id: input.clientToken });
  await connection.next('start_ack', 'two');
  await place(input);
  await connection.messages.next('the shipment', ({ payload }) => payload?.data?.onOrderStatus.status === 'SHIPPED');
  const told = connection.messages.heard.filter(({ type }) => type === 'data').map(({ id }) => id);
  assert.deepEqual([...new Set(told)], ['two']);
  connection.messages.heard.length = 0;
  connection.start('one', ON_STATUS, {});
  await connection.next('start_ack', 'one');
});

test('a subscription authenticates by itself: wrong credentials end it alone', async (t) => {
  const connection = await acknowledged(t, apiKey);
  const scope = `${new Date().toISOString().slice(0, 10).replaceAll('-', '')}/${server.region}/appsync/aws4_request`;
  const signature = {
    host,
    'x-amz-date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
    Authorization:
      `AWS4-HMAC-SHA256 Credential=${server.credentials.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, ` +
      `Signature=${'0'.repeat(64)}`,
  };
  const wrong = {
    key: [{ host, 'x-api-key': 'da2-aaaaaaaaaaaaaaaaaaaaaaaaaa' }, UNAUTHORIZED],
    token: [{ host, Authorization: forged(token) }, UNAUTHORIZED],
    signature: [signature, BAD_SIGNATURE],
  };
  for (const [id, [authorization, error]] of Object.entries(wrong)) {
    connection.start(id, ON_STATUS, {}, authorization);
    assert.deepEqual((await connection.next('error', id)).payload, { errors: [error] });
  }
  connection.start('good', ON_STATUS, {}, { host, Authorization: token });
  await connection.next('start_ack', 'good');
});

test('an id is taken once', async (t) => {
  const connection = await acknowledged(t, apiKey);
  connection.start('one', ON_STATUS, {});
  await connection.next('start_ack', 'one');
  connection.start('one', ON_STATUS, {});
  // The type and the text are known from the developer guide and from clients, not recorded.
  assert.deepEqual((await connection.next('error', 'one')).payload, {
    errors: [{ errorType: 'DuplicatedOperationError', message: 'subscription ID is duplicated' }],
  });
});

test('what the channel does not support is refused and leaves the connection as it was', async (t) => {
  const connection = await acknowledged(t, apiKey);
  connection.send({ type: 'subscribe' });
  assert.deepEqual((await connection.next('error')).payload, {
    errors: [{ errorType: 'UnsupportedOperation', message: 'unknown not supported through the realtime channel' }],
  });
  connection.start('query', PING, {});
  const [{ errorType, message }] = (await connection.next('error', 'query')).payload.errors;
  assert.equal(errorType, 'UnsupportedOperation', message);
  connection.start('one', ON_STATUS, {});
  await connection.next('start_ack', 'one');
});

test('messages before the acknowledgement are ignored', async (t) => {
  const connection = await connect(server, apiKey);
  t.after(connection.close);
  connection.start('early', ON_STATUS, {});
  connection.send({ type: 'connection_init' });
  await connection.next('ka');
  connection.start('late', ON_STATUS, {});
  await connection.next('start_ack', 'late');
  assert.deepEqual(connection.messages.heard.map(({ type, id }) => id ?? type), ['connection_ack', 'ka', 'late']);
});
