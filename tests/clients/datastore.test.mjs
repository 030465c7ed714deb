// aws-amplify's DataStore v6, unmodified, in two processes: what is saved without a network reaches the server and the
// other client, conflicts are merged or handled, and after a gap only what changed is fetched.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Inbox } from './lib/inbox.mjs';
import { startServer } from './lib/server.mjs';

const PROGRAM = fileURLToPath(new URL('lib/datastore-client.mjs', import.meta.url));

// A client process. What it tells of itself is in its inbox.
class Client extends Inbox {
  #calls = new Map();
  #next = 0;

  constructor(server) {
    super();
    this.child = fork(PROGRAM, { env: { ...process.env, NODE_EXTRA_CA_CERTS: join(server.data, 'ca.pem') } });
    this.child.on('message', ({ id, result, error, ...event }) => {
      if (id === undefined) return this.put(event);
      const { resolve, reject } = this.#calls.get(id);
      return error === undefined ? resolve(result) : reject(new Error(error));
    });
    this.child.on('exit', (code) => this.fail(new Error(`the client ended with ${code}`)));
  }

  call(call, ...args) {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.child.send({ id, call, args });
    });
  }

  event(name, wanted = () => true) {
    return this.next(name, (message) => message.event === name && wanted(message));
  }

  // Forgets what was heard, does `act`, and waits until nothing waits to be sent any more.
  async sent(act) {
    this.heard.length = 0;
    const result = await act();
    await this.event('outboxStatus', ({ isEmpty }) => isEmpty);
    return result;
  }

  async offline() {
    this.heard.length = 0;
    await this.call('network', false);
    await this.event('networkStatus', ({ active }) => !active);
    this.heard.length = 0;
  }

  async online() {
    await this.call('network', true);
    for (const model of ['Task', 'Note']) await this.event('modelSynced', (seen) => seen.model === model);
  }

  observed(opType, id, title) {
    return this.event(
      'observed',
      (seen) => seen.opType === opType && seen.item === id && (title === undefined || seen.title === title),
    );
  }
}

let server;
let ada;
let bob;

before(async () => {
  server = await startServer(['tests/fixtures/datastore/template.yaml']);
  [ada, bob] = [new Client(server), new Client(server)];
  const settings = { endpoint: server.graphqlTls, region: server.region, apiKey: server.apiKey };
  for (const client of [ada, bob]) {
    await client.event('loaded');
    await client.call('start', settings);
    await client.event('ready');
  }
});
after(async () => {
  ada?.child.kill();
  bob?.child.kill();
  await server.stop();
});

async function graphql(query, variables) {
  const answer = await fetch(server.graphql, {
    method: 'POST',
    headers: { 'x-api-key': server.apiKey },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

async function stored(model, id) {
  const query = `query Q($id: ID!) { item: get${model}(id: $id) { title done tags _version _deleted } }`;
  return (await graphql(query, { id })).item;
}

// An item that both clients have.
async function shared(model, values) {
  const { id } = await ada.sent(() => ada.call('save', model, values));
  await bob.observed('INSERT', id);
  return id;
}

test('what is saved without a network is sent once there is one, and reaches the other client', async () => {
  await ada.offline();
  const { id } = await ada.call('save', 'Task', { title: 'offline', tags: ['a'] });
  assert.equal((await ada.call('query', 'Task', id)).title, 'offline');
  assert.equal(await stored('Task', id), null);
  await ada.sent(() => ada.online());
  await bob.observed('INSERT', id, 'offline');
  assert.deepEqual(await stored('Task', id), { title: 'offline', done: null, tags: ['a'], _version: 1, _deleted: null });
  assert.equal((await ada.call('query', 'Task', id))._version, 1);
});

test('changes and deletions reach the other client as they happen', async () => {
  const id = await shared('Note', { title: 'first' });
  await ada.sent(() => ada.call('change', 'Note', id, { title: 'second' }));
  await bob.observed('UPDATE', id, 'second');
  assert.equal((await bob.call('query', 'Note', id))._version, 2);
  await bob.sent(() => bob.call('remove', 'Note', id));
  await ada.observed('DELETE', id);
  assert.equal(await ada.call('query', 'Note', id), undefined);
  const { _version, _deleted } = await stored('Note', id);
  assert.deepEqual({ _version, _deleted }, { _version: 3, _deleted: true });
});

test('AUTOMERGE: of two changes of one version the second is merged', async () => {
  const id = await shared('Task', { title: 'start', tags: ['a'] });
  await ada.offline();
  await ada.call('change', 'Task', id, { title: "ada's", tags: ['b'], done: true });
  await bob.sent(() => bob.call('change', 'Task', id, { title: "bob's" }));
  await ada.sent(() => ada.online());
  const merged = { title: "bob's", done: true, tags: ['a', 'b'], _version: 3, _deleted: null };
  assert.deepEqual(await stored('Task', id), merged);
  await bob.event('observed', (seen) => seen.item === id);
  const mine = await ada.call('query', 'Task', id);
  assert.deepEqual([mine.title, mine.done, mine.tags, mine._version], ["bob's", true, ['a', 'b'], 3]);
});

for (const [how, title, version] of [['retry', "ada's", 3], ['discard', "bob's", 2]]) {
  test(`OPTIMISTIC_CONCURRENCY: the client's conflict handler sees the item and decides: ${how}`, async () => {
    const id = await shared('Note', { title: 'start' });
    await ada.call('settleConflicts', how);
    await ada.offline();
    await ada.call('change', 'Note', id, { title: "ada's" });
    await bob.sent(() => bob.call('change', 'Note', id, { title: "bob's" }));
    await ada.sent(() => ada.online());
    const { local, remote } = await ada.event('conflict');
    assert.deepEqual([local.title, remote.title, remote._version], ["ada's", "bob's", 2]);
    const { title: titleThere, _version } = await stored('Note', id);
    assert.deepEqual([titleThere, _version], [title, version]);
    const mine = await ada.call('query', 'Note', id);
    assert.deepEqual([mine.title, mine._version], [title, version]);
  });
}

test('after a gap only what changed in it is fetched', async () => {
  const changed = await shared('Task', { title: 'changes' });
  const deleted = await shared('Task', { title: 'goes' });
  await shared('Task', { title: 'stays' });
  await bob.offline();
  await ada.sent(() => ada.call('change', 'Task', changed, { title: 'changed' }));
  await ada.sent(() => ada.call('remove', 'Task', deleted));
  bob.heard.length = 0;
  await bob.online();
  const synced = await bob.event('modelSynced', ({ model }) => model === 'Task');
  assert.equal(synced.isDeltaSync, true);
  // Those of the gap, and others of the seconds before that no sync had told of.
  assert.ok(synced.counts.updated >= 1 && synced.counts.deleted >= 1, JSON.stringify(synced));
  assert.equal((await bob.call('query', 'Task', changed)).title, 'changed');
  assert.equal(await bob.call('query', 'Task', deleted), undefined);
});
