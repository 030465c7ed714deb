// A process with Amplify's DataStore, as a browser has it: IndexedDB, and events that say whether there is a network.
// Its parent tells it what to do by messages `{id, call, args}` and is told `{id, result}` or `{id, error}`; what its
// observers and handlers see comes as `{event, ...}`.
import 'fake-indexeddb/auto';
import { createRequire } from 'node:module';
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket;
// What Amplify takes for a browser, and listens to.
const network = new EventTarget();
const browser = {
  window: globalThis,
  document: {
    addEventListener() {},
    removeEventListener() {},
    querySelector: () => null,
    querySelectorAll: () => [],
    getElementById: () => null,
    hidden: false,
  },
  addEventListener: network.addEventListener.bind(network),
  removeEventListener: network.removeEventListener.bind(network),
};
for (const [name, value] of Object.entries(browser)) globalThis[name] ??= value;
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true, userAgent: 'test' }, configurable: true });

// DataStore is a CommonJS module for Node.js and configured by what Amplify keeps as one, so all of Amplify is here.
const require = createRequire(import.meta.url);
const { Amplify } = require('aws-amplify');
const { Hub } = require('aws-amplify/utils');
const { DataStore, DISCARD, initSchema } = require('aws-amplify/datastore');

const field = (name, type, isRequired = false, more = {}) => ({
  [name]: { name, isArray: false, type, isRequired, attributes: [], ...more },
});
const model = (name) => ({
  name,
  pluralName: `${name}s`,
  syncable: true,
  fields: {
    ...field('id', 'ID', true),
    ...field('title', 'String', true),
    ...field('done', 'Boolean'),
    ...field('tags', 'String', false, { isArray: true, isArrayNullable: true }),
    ...field('createdAt', 'AWSDateTime', false, { isReadOnly: true }),
    ...field('updatedAt', 'AWSDateTime', false, { isReadOnly: true }),
  },
  attributes: [{ type: 'model', properties: {} }],
});
const models = initSchema({
  models: { Task: model('Task'), Note: model('Note') },
  enums: {},
  nonModels: {},
  codegenVersion: '3.4.4',
  version: 'stepwell',
});

const tell = (event, more = {}) => process.send({ event, ...more });
const plain = (item) => JSON.parse(JSON.stringify(item));
Hub.listen('datastore', ({ payload: { event, data } }) => {
  if (['ready', 'outboxStatus', 'networkStatus', 'subscriptionsEstablished'].includes(event)) tell(event, data);
  if (event === 'modelSynced') {
    const { isFullSync, isDeltaSync, counts } = data;
    tell(event, { model: data.model.name, isFullSync, isDeltaSync, counts });
  }
});

// How a conflict ends: the test says so beforehand.
let settle = () => DISCARD;
const settlements = {
  discard: () => DISCARD,
  // The local title wins, on top of what the other side has.
  retry: ({ modelConstructor, localModel, remoteModel }) =>
    modelConstructor.copyOf(remoteModel, (draft) => {
      draft.title = localModel.title;
    }),
};

const calls = {
  async start({ endpoint, region, apiKey }) {
    Amplify.configure({ API: { GraphQL: { endpoint, region, apiKey, defaultAuthMode: 'apiKey' } } });
    DataStore.configure({
      conflictHandler: (conflict) => {
        tell('conflict', { local: plain(conflict.localModel), remote: plain(conflict.remoteModel) });
        return settle(conflict);
      },
      errorHandler: ({ message, errorType }) => tell('failure', { message, errorType }),
    });
    for (const name of ['Task', 'Note']) {
      DataStore.observe(models[name]).subscribe(({ opType, element }) =>
        tell('observed', { model: name, opType, item: element.id, title: element.title }),
      );
    }
    await DataStore.start();
  },
  async save(name, values) {
    return plain(await DataStore.save(new models[name](values)));
  },
  async change(name, id, values) {
    const item = await DataStore.query(models[name], id);
    return plain(await DataStore.save(models[name].copyOf(item, (draft) => Object.assign(draft, values))));
  },
  async remove(name, id) {
    await DataStore.delete(models[name], id);
  },
  async query(name, id) {
    const found = await DataStore.query(models[name], id);
    return found && plain(found);
  },
  settleConflicts(how) {
    settle = settlements[how];
  },
  network(online) {
    navigator.onLine = online;
    network.dispatchEvent(new Event(online ? 'online' : 'offline'));
  },
};

process.on('message', async ({ id, call, args }) => {
  try {
    process.send({ id, result: await calls[call](...args) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
tell('loaded');
