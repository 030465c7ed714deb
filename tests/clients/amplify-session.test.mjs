// The whole way with people who really sign in: aws-amplify v6 signs them in with SRP, and its session authenticates
// queries, mutations and subscriptions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import { signIn, signOut } from 'aws-amplify/auth';
import { disconnected, subscribe } from './lib/amplify.mjs';
import { describe } from './lib/server.mjs';
import { APPROVE, APPROVED_ORDER, newOrder, ON_STATUS, ORDER, PLACE, steps } from './lib/operations.mjs';

const server = describe();
const { id: userPoolId, clientId: userPoolClientId } = server.pool('approver');
const GraphQL = {
  endpoint: server.graphqlTls,
  region: server.region,
  defaultAuthMode: 'userPool',
  apiKey: server.apiKey,
};
Amplify.configure({
  API: { GraphQL },
  Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: server.http } },
});
const signedIn = generateClient({ authMode: 'userPool' });
const shopFront = generateClient({ authMode: 'apiKey' });

async function session(t, username) {
  const { isSignedIn } = await signIn({ username, password: server.password(username) });
  assert.equal(isSignedIn, true, `${username} is signed in`);
  t.after(signOut);
}

const place = async (client, input) => (await client.graphql({ query: PLACE, variables: { input } })).data.placeOrder;

// The one error of a request that is executed and may not do all it asks for.
const denied = (message) => ({ errors }) => {
  assert.deepEqual(errors.map((error) => [error.errorType, error.message]), [['Unauthorized', message]]);
  return true;
};

test('an approver who signed in hears of an order that waits, approves it, and hears that it is shipped', async (t) => {
  await session(t, 'approver');
  const events = await subscribe(signedIn, { query: ON_STATUS });
  t.after(events.close);
  const order = await place(shopFront, newOrder('session', 500, 'somebody'));
  const ours = (status) => (event) => event.id === order.id && event.status === status;

  await events.next('the request for approval', ours('AWAITING_APPROVAL'));
  await signedIn.graphql({ query: APPROVE, variables: { id: order.id } });
  await events.next('the shipment', ours('SHIPPED'));

  assert.deepEqual(steps(events.heard.filter(({ id }) => id === order.id)), APPROVED_ORDER);
  const { data } = await signedIn.graphql({ query: ORDER, variables: { id: order.id } });
  assert.deepEqual([data.order.status, data.order.decidedBy], ['SHIPPED', 'approver']);
});

test('a customer who signed in may not approve, and neither sees nor hears of the orders of others', async (t) => {
  await disconnected();
  await session(t, 'customer');
  const events = await subscribe(signedIn, { query: ON_STATUS });
  t.after(events.close);

  const all = await subscribe(shopFront, { query: ON_STATUS });
  t.after(all.close);
  const other = await place(shopFront, newOrder('other', 1, 'somebody'));
  await all.next('the shipment to somebody else', ({ id, status }) => id === other.id && status === 'SHIPPED');

  const own = await place(signedIn, newOrder('own', 500));
  assert.equal(own.customer, 'customer');
  await events.next('the request for approval', ({ id, status }) => id === own.id && status === 'AWAITING_APPROVAL');
  assert.deepEqual([...new Set(events.heard.map(({ id }) => id))], [own.id]);

  await assert.rejects(
    signedIn.graphql({ query: APPROVE, variables: { id: own.id } }),
    denied('Not Authorized to access approveOrder on type Mutation'),
  );
  await assert.rejects(
    signedIn.graphql({ query: ORDER, variables: { id: other.id } }),
    denied('Not Authorized to access order on type Order'),
  );
  const { data } = await signedIn.graphql({ query: ORDER, variables: { id: own.id } });
  assert.equal(data.order.status, 'AWAITING_APPROVAL');
});
