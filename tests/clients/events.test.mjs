// Event APIs: `events` of aws-amplify v6, unmodified, and plain sockets, against tests/fixtures/events.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Amplify } from 'aws-amplify';
import { decodeJWT } from 'aws-amplify/auth';
import { events } from 'aws-amplify/data';
import WebSocket from 'ws';
import { Inbox } from './lib/inbox.mjs';
import { startServer } from './lib/server.mjs';
import { forged, tokensOf } from './lib/tokens.mjs';

// Node.js 20 has none.
globalThis.WebSocket ??= WebSocket;

const fixture = fileURLToPath(new URL('../fixtures/events/template.yaml', import.meta.url));
let server;
let folder;
let template;
const held = {};

before(async () => {
  // A copy, which a test edits.
  folder = mkdtempSync(join(tmpdir(), 'stepwell-events-'));
  template = join(folder, 'template.yaml');
  copyFileSync(fixture, template);
  server = await startServer([template]);
  held.userPool = (await tokensOf(server, 'ada')).AccessToken;
  held.oidc = (await tokensOf(server, 'partner')).AccessToken;
});
after(async () => {
  await events.closeAll();
  await server.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => configure());

function configure(changes = {}) {
  const Events = {
    endpoint: `${server.https}/event`,
    region: server.region,
    defaultAuthMode: 'apiKey',
    apiKey: server.apiKey,
    ...changes,
  };
  const token = changes.token ?? held.userPool;
  const credentials = changes.credentials ?? server.credentials;
  Amplify.configure(
    { API: { Events } },
    {
      Auth: {
        tokenProvider: { getTokens: async () => ({ accessToken: decodeJWT(token) }) },
        credentialsProvider: {
          getCredentialsAndIdentityId: async () => ({ credentials }),
          clearCredentialsAndIdentityId: () => {},
        },
      },
    },
  );
}

// Connects and subscribes, and returns once the subscription stands; what arrives is in the returned inbox.
async function listen(t, path, options) {
  const channel = await events.connect(path, options);
  const inbox = new Inbox();
  const subscription = channel.subscribe({ next: ({ event }) => inbox.put(event), error: (e) => inbox.fail(e) }, options);
  t.after(() => subscription.unsubscribe());
  await subscription.ready;
  return { inbox, channel };
}

for (const authMode of ['apiKey', 'iam', 'userPool', 'oidc']) {
  test(`Amplify, ${authMode}: connects, subscribes below a channel, posts and publishes, and receives`, async (t) => {
    configure({ token: held[authMode] });
    const options = { authMode };
    const { inbox } = await listen(t, `/plain/${authMode}/*`, options);
    assert.equal(await events.post(`/plain/${authMode}/a`, { n: 1 }, options), undefined, 'nothing failed');
    await events.post(`plain/${authMode}/b`, [{ n: 2 }, 'text', null], options);
    const there = await events.connect(`/plain/${authMode}/c`, options);
    await there.publish({ n: 'ä" ' }, options);
    await inbox.next('what was published over the connection', (event) => event?.n === 'ä" ');
    // Null is no event to Amplify.
    assert.deepEqual(inbox.heard.filter((event) => event !== null), [{ n: 1 }, { n: 2 }, 'text', { n: 'ä" ' }]);
  });
}

const spoiled = {
  apiKey: () => ({ apiKey: 'da2-aaaaaaaaaaaaaaaaaaaaaaaaaa' }),
  iam: () => ({ credentials: { ...server.credentials, secretAccessKey: 'wrong' } }),
  userPool: () => ({ token: forged(held.userPool) }),
  oidc: () => ({ token: forged(held.oidc) }),
};
for (const [authMode, change] of Object.entries(spoiled)) {
  test(`Amplify, ${authMode}: wrong credentials are refused`, async () => {
    await events.closeAll();
    configure(change());
    await assert.rejects(events.post('/plain/a', { n: 1 }, { authMode }));
    await assert.rejects(events.connect('/plain/a', { authMode }));
  });
}

test('Amplify: a namespace has modes and handlers of its own', async (t) => {
  await assert.rejects(events.post('/members/a', { n: 1 }), 'API keys do not publish here');
  const { inbox } = await listen(t, '/members/*');
  await events.post('/members/a', { n: 1 }, { authMode: 'userPool' });
  await inbox.next('the event', (event) => event.n === 1);
  assert.deepEqual(inbox.heard, [{ n: 1, by: 'ada' }]);
  const channel = await events.connect('/members/closed');
  const refused = new Inbox();
  const subscription = channel.subscribe({ next: () => {}, error: (error) => refused.fail(error) });
  t.after(() => subscription.unsubscribe());
  await assert.rejects(subscription.ready);
});

test('Amplify: a handler changes, drops and fails events', async (t) => {
  const { inbox } = await listen(t, '/coded/*');
  const failed = await events.post('/coded/a', [{ n: 1 }, { drop: true }, { fail: true }, { n: 2 }]);
  assert.deepEqual(failed.map(({ index, message }) => [index, message]), [[2, 'failed']]);
  await assert.rejects(events.post('/coded/a', { stop: true }));
  await inbox.next('the last event', (event) => event.n === 2);
  assert.deepEqual(inbox.heard, [1, 2].map((n) => ({ n, on: '/coded/a' })));
});

test('Amplify: handlers call a table and a function', async (t) => {
  const stored = await listen(t, '/stored/a');
  await events.post('/stored/a', [{ text: 'one' }, { text: 'two' }]);
  await stored.inbox.next('both', (event) => event.text === 'two');
  assert.deepEqual(stored.inbox.heard, ['one', 'two'].map((text) => ({ text, stored: true })));
  const dynamodb = new DynamoDBClient({ endpoint: server.http, region: server.region, credentials: server.credentials });
  const { Items } = await dynamodb.send(new ScanCommand({ TableName: server.outputs.Table }));
  assert.deepEqual(Items.map(({ text }) => text.S).sort(), ['one', 'two']);

  const shouted = await listen(t, '/shouted/*');
  await events.post('/shouted/a', 'hello');
  await shouted.inbox.next('the answer of the function', (event) => event === 'HELLO');
  const channel = await events.connect('/shouted/quiet');
  const subscription = channel.subscribe({ next: () => {}, error: () => {} });
  t.after(() => subscription.unsubscribe());
  await assert.rejects(subscription.ready);
});

test('Amplify, lambda: the function is told the operation and its channel', async (t) => {
  await events.closeAll();
  const options = { authMode: 'lambda', authToken: 'connect,subscribe:/told/*,publish:/told/a' };
  const { inbox } = await listen(t, '/told/*', options);
  await events.post('/told/a', {}, options);
  const seen = await inbox.next('the event', () => true);
  assert.deepEqual(seen, { handlerContext: { channelNamespaceName: 'told' } });
  await assert.rejects(events.post('/told/b', {}, options));
  await events.closeAll();
  await assert.rejects(events.connect('/told/a', { authMode: 'lambda', authToken: 'subscribe:/told/a' }));
});

// A socket and what it hears, without a library between.
async function dial(t, api = '', apiKey = server.apiKey) {
  const host = new URL(server.http).host;
  const credentials = Buffer.from(JSON.stringify({ host, 'x-api-key': apiKey })).toString('base64url');
  const protocols = ['aws-appsync-event-ws', `header-${credentials}`];
  const socket = new WebSocket(`ws://${host}${api}/event/realtime`, protocols);
  const inbox = new Inbox();
  t.after(() => socket.close());
  socket.on('message', (data) => inbox.put(JSON.parse(data)));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const authorization = { host, 'x-api-key': apiKey };
  const say = (message) => socket.send(JSON.stringify({ authorization, ...message }));
  const answer = (type, id) => inbox.next(type, (message) => message.type === type && message.id === id);
  say({ type: 'connection_init' });
  return { say, answer, inbox, raw: socket };
}

const post = (path, apiKey, body) =>
  fetch(`${server.http}${path}`, { method: 'POST', headers: { 'x-api-key': apiKey }, body: JSON.stringify(body) });

test('the protocol: acknowledgements, errors and events as the guide has them', async (t) => {
  const { say, answer } = await dial(t);
  assert.deepEqual(await answer('connection_ack'), { type: 'connection_ack', connectionTimeoutMs: 300_000 });
  await answer('ka');
  say({ type: 'subscribe', id: 's', channel: '/plain/p/*' });
  assert.deepEqual(await answer('subscribe_success', 's'), { type: 'subscribe_success', id: 's' });
  say({ type: 'subscribe', id: 's', channel: '/plain/q' });
  assert.equal((await answer('subscribe_error', 's')).errors[0].errorType, 'DuplicatedOperationError');
  say({ type: 'subscribe', id: 'w', channel: '/plain/*/q' });
  assert.equal((await answer('subscribe_error', 'w')).errors[0].errorType, 'BadRequestException');
  say({ type: 'subscribe', id: 'x', channel: '/nowhere/q' });
  assert.equal((await answer('subscribe_error', 'x')).errors[0].errorType, 'NotFoundException');
  say({ type: 'subscribe', id: 'y', channel: '/plain/q', authorization: { 'x-api-key': 'da2-wrong' } });
  assert.equal((await answer('subscribe_error', 'y')).errors[0].errorType, 'UnauthorizedException');

  say({ type: 'publish', id: 'p', channel: '/plain/p/a', events: ['{"n":1}', '[2]'] });
  const { successful, failed } = await answer('publish_success', 'p');
  assert.deepEqual([successful.map(({ index }) => index), failed], [[0, 1], []]);
  const data = await answer('data', 's');
  assert.deepEqual(data, { type: 'data', id: 's', event: '{"n":1}' });
  say({ type: 'publish', id: 'q', channel: '/coded/a', events: ['{"stop":true}'] });
  assert.deepEqual((await answer('publish_error', 'q')).errors, [{ errorType: 'Stop', message: 'stopped' }]);
  say({ type: 'publish', id: 'r', channel: '/members/a', events: ['{}'] });
  assert.equal((await answer('publish_error', 'r')).errors[0].errorType, 'UnauthorizedException');

  say({ type: 'unsubscribe', id: 's' });
  assert.deepEqual(await answer('unsubscribe_success', 's'), { type: 'unsubscribe_success', id: 's' });
  say({ type: 'unsubscribe', id: 's' });
  assert.equal((await answer('unsubscribe_error', 's')).errors[0].message, 'Unknown operation id s');
  say({ type: 'start', id: 't' });
  assert.equal((await answer('error', 't')).errors[0].errorType, 'UnsupportedOperation');

  const refused = await dial(t, '', 'da2-wrong');
  const error = await refused.answer('connection_error');
  assert.deepEqual(error.errors[0].errorType, 'UnauthorizedException');
});

test('garbage gets its error, a message that is too long the end, and the server goes on', async (t) => {
  const { say, answer, inbox, raw } = await dial(t);
  await answer('connection_ack');
  const garbage = ['', '{', '[]', '[['.repeat(50_000), '{"type":5}', '{"type":"publish"}', '{"type":"subscribe","id":""}'];
  for (const [position, text] of garbage.entries()) {
    raw.send(text);
    const errors = () => inbox.heard.filter(({ type }) => type === 'error');
    await inbox.next(`the error of ${text.slice(0, 40)}`, () => errors().length === position + 1);
  }
  const long = await dial(t);
  await long.answer('connection_ack');
  const closed = new Promise((resolve) => long.raw.on('close', resolve).on('error', resolve));
  long.raw.send('x'.repeat(8 << 20));
  await closed;
  say({ type: 'publish', id: 'p', channel: '/plain/a', events: ['1'] });
  await answer('publish_success', 'p');
  // Five events of the largest size, each character of which is escaped.
  const largest = JSON.stringify('"'.repeat((240 * 1024 - 2) / 2));
  say({ type: 'publish', id: 'q', channel: '/plain/a', events: Array(5).fill(largest) });
  assert.equal((await answer('publish_success', 'q')).successful.length, 5);
  say({ type: 'publish', id: 'r', channel: '/plain/a', events: [`${largest} `] });
  assert.equal((await answer('publish_error', 'r')).errors[0].errorType, 'BadRequestException');
});

test('what is sent before a connection closes is published all the same', async (t) => {
  const { say, answer } = await dial(t);
  say({ type: 'subscribe', id: 's', channel: '/shouted/*' });
  await answer('subscribe_success', 's');
  const other = await dial(t);
  await other.answer('connection_ack');
  other.say({ type: 'publish', id: 'p', channel: '/shouted/last', events: ['"words"'] });
  other.raw.close();
  assert.equal((await answer('data', 's')).event, '"WORDS"');
});

test('HTTP: each API is at its path and host, and says what is wrong', async (t) => {
  const [live, other] = server.eventApis;
  const path = `/apis/${other.id}`;
  const { say, answer } = await dial(t, path, server.outputs.OtherKey);
  say({ type: 'subscribe', id: 's', channel: '/plain/a' });
  await answer('subscribe_success', 's');
  const body = { channel: '/plain/a', events: ['"other"'] };
  for (const url of [`/apis/${live.id}/event`, '/event']) {
    assert.equal((await post(url, server.apiKey, { ...body, events: ['"live"'] })).status, 200);
  }
  const answered = await post(`${path}/event`, server.outputs.OtherKey, body);
  assert.match(answered.headers.get('x-amzn-requestid'), /^[0-9a-f-]{36}$/);
  const { successful, failed } = await answered.json();
  assert.match(successful[0].identifier, /^[0-9a-f-]{36}$/);
  assert.deepEqual(failed, []);
  assert.equal((await answer('data', 's')).event, '"other"', 'and nothing of the other API');

  // As a template writes it.
  const written = `https://${server.outputs.OtherHttp}/event`;
  const headers = { 'x-api-key': server.outputs.OtherKey };
  assert.equal((await fetch(written, { method: 'POST', headers, body: JSON.stringify(body) })).status, 200);

  const cases = [
    [await post('/event', 'da2-wrong', body), 401, 'UnauthorizedException'],
    [await post('/event', server.apiKey, { channel: '/plain/*', events: ['1'] }), 400, 'BadRequestException'],
    [await post('/event', server.apiKey, { channel: '/plain', events: ['{'] }), 400, 'BadRequestException'],
    [await post('/event', server.apiKey, { channel: '/nowhere', events: ['1'] }), 404, 'NotFoundException'],
    [await post('/apis/nobody/event', server.apiKey, body), 404, 'NotFoundException'],
    [await post('/graphql', server.apiKey, {}), 404, 'NotFoundException'],
  ];
  for (const [response, status, type] of cases) {
    const { errors } = await response.json();
    assert.deepEqual([response.status, errors[0].errorType], [status, type]);
  }
});

test('messages and subscriptions are counted', async (t) => {
  const [live] = server.eventApis;
  const { say, answer } = await dial(t);
  say({ type: 'subscribe', id: 's', channel: '/stored/counted' });
  await answer('subscribe_success', 's');
  const counted = async () => {
    const text = await (await fetch(`${server.http}/metrics`)).text();
    const value = (line) => Number(text.split('\n').find((found) => found.startsWith(line))?.split(' ').at(-1) ?? 0);
    return {
      messages: value(`appsync_published_messages_total{api_id="${live.id}",subscription="stored"}`),
      subscriptions: value(`appsync_subscriptions{api_id="${live.id}"}`),
    };
  };
  const { messages, subscriptions } = await counted();
  assert.ok(subscriptions >= 1, `${subscriptions} subscriptions`);
  await post('/event', server.apiKey, { channel: '/stored/counted', events: ['{"n":1}', '{"n":2}'] });
  assert.equal((await counted()).messages, messages + 2);
});

test('an edit of the template is taken over, and connections go on', async (t) => {
  const { say, answer, inbox } = await dial(t);
  for (const namespace of ['plain', 'coded']) {
    say({ type: 'subscribe', id: namespace, channel: `/${namespace}/edited` });
    await answer('subscribe_success', namespace);
  }
  const text = readFileSync(template, 'utf8');
  const edited = text
    .replace("on: ctx.info.channel.path }", "edited: true }")
    .replace('  Plain:\n', '  Renamed:\n')
    .replace('Name: plain }', 'Name: renamed }');
  writeFileSync(template, edited);
  const ended = await answer('broadcast_error', 'plain');
  assert.equal(ended.errors[0].message, 'The channel namespace was deleted.');
  await post('/event', server.apiKey, { channel: '/coded/edited', events: ['{"n":1}'] });
  assert.deepEqual(JSON.parse((await answer('data', 'coded')).event), { n: 1, edited: true });
  say({ type: 'subscribe', id: 'r', channel: '/renamed/a' });
  await answer('subscribe_success', 'r');
  assert.equal(inbox.heard.filter(({ type }) => type === 'connection_ack').length, 1);
});
