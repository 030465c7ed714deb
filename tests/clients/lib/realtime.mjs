// A real-time connection of the application's API without a client library: AppSync's graphql-ws messages as they are.
import WebSocket from 'ws';
import { Inbox } from './inbox.mjs';

const base64 = (value, alphabet) => Buffer.from(JSON.stringify(value)).toString(alphabet);

// The three ways in which a client hands over the credentials of its connection ("Building a real-time WebSocket
// client", AppSync developer guide): the arguments of a WebSocket.
export const HANDSHAKES = {
  'the subprotocol': (url, credentials) => [url, ['graphql-ws', `header-${base64(credentials, 'base64url')}`], {}],
  'the query parameter': (url, credentials) => {
    const query = new URLSearchParams({ header: base64(credentials, 'base64'), payload: base64({}, 'base64') });
    return [`${url}?${query}`, ['graphql-ws'], {}];
  },
  'plain headers': (url, credentials) => [url, ['graphql-ws'], { headers: credentials }],
};

// Connects. Messages arrive in the returned inbox as they are; the end of the connection is its failure.
export async function connect(server, credentials, handshake = HANDSHAKES['the subprotocol']) {
  const url = `${server.graphql.replace(/^http/, 'ws')}/realtime`;
  const socket = new WebSocket(...handshake(url, credentials));
  const messages = new Inbox();
  const closed = new Inbox();
  socket.on('message', (text) => messages.put(JSON.parse(text)));
  socket.on('close', (code) => {
    closed.put({ code });
    messages.fail(new Error(`the connection was closed with ${code}`));
  });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return {
    protocol: socket.protocol,
    messages,
    next: (type, id) => messages.next(`a message ${type}`, (message) => message.type === type && message.id === id),
    closed: () => closed.next('the end of the connection', () => true),
    close: () => socket.close(),
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    start(id, query, variables, authorization = credentials) {
      const data = JSON.stringify({ query, variables });
      this.send({ id, type: 'start', payload: { data, extensions: { authorization } } });
    },
  };
}
