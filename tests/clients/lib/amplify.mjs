// Subscriptions of aws-amplify, and what its Hub tells of them.
import WebSocket from 'ws';
import { CONNECTION_STATE_CHANGE } from 'aws-amplify/api';
import { Hub } from 'aws-amplify/utils';
import { Inbox } from './inbox.mjs';

// Node.js 20 has none.
globalThis.WebSocket ??= WebSocket;

let state = 'Disconnected';
const states = new Inbox();
Hub.listen('api', ({ payload }) => {
  if (payload.event === CONNECTION_STATE_CHANGE) {
    state = payload.data.connectionState;
    states.put(state);
  }
});

// Waits until no connection is up: Amplify closes its one connection a second after the last subscription ended.
export async function disconnected() {
  if (state === 'Disconnected') return;
  states.heard.length = 0;
  await states.next('the end of the connection', (next) => next === 'Disconnected');
}

// Subscribes, and returns once the server has acknowledged that the subscription stands; rejects with what Amplify
// hands to `error`. What the subscription's field has arrives in the returned inbox.
export async function subscribe(client, options) {
  const events = new Inbox();
  const acknowledgements = new Inbox();
  const stopListening = Hub.listen('api', ({ payload }) => {
    if (payload.event === 'Subscription ack') acknowledgements.put(payload.data);
  });
  const subscription = client.graphql(options).subscribe({
    next: ({ data }) => events.put(Object.values(data)[0]),
    error: (error) => {
      events.fail(error);
      acknowledgements.fail(error);
    },
  });
  events.close = () => subscription.unsubscribe();
  try {
    await acknowledgements.next('the acknowledgement', () => true);
  } finally {
    stopListening();
  }
  return events;
}
