// Apollo Client with aws-appsync-auth-link and aws-appsync-subscription-link, unmodified, over plain http and ws: the
// whole path of an order in each auth mode, approved by a member of `approvers`, and what wrong credentials get.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createAuthLink } from 'aws-appsync-auth-link';
import { createSubscriptionHandshakeLink } from 'aws-appsync-subscription-link';
import { describe } from './lib/server.mjs';
import { forged, signIn } from './lib/tokens.mjs';
import { APPROVE, newOrder, ON_STATUS, ORDER, PING, PLACE, within } from './lib/operations.mjs';

globalThis.WebSocket = WebSocket;
const server = describe();

function connect(auth) {
  const options = { url: server.graphql, region: server.region, auth };
  return new ApolloClient({
    link: ApolloLink.from([
      createAuthLink(options),
      createSubscriptionHandshakeLink(options, new HttpLink({ uri: server.graphql })),
    ]),
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: 'no-cache' }, mutate: { fetchPolicy: 'no-cache' } },
  });
}

const auths = {
  API_KEY: () => ({ type: 'API_KEY', apiKey: server.apiKey }),
  AWS_IAM: () => ({ type: 'AWS_IAM', credentials: server.credentials }),
  OPENID_CONNECT: () => ({ type: 'OPENID_CONNECT', jwtToken: tokens.partner }),
  AMAZON_COGNITO_USER_POOLS: () => ({ type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: tokens.approver }),
};
const tokens = {};
before(async () => {
  tokens.partner = (await signIn(server, 'partner')).IdToken;
  tokens.approver = (await signIn(server, 'approver')).IdToken;
});
after(() => setImmediate(() => process.exit()));

function watch(client, variables) {
  const seen = [];
  const waiting = [];
  let failure;
  const check = () => waiting.forEach((each) => each());
  const subscription = client.subscribe({ query: gql(ON_STATUS), variables }).subscribe({
    next: ({ data, error }) => {
      if (data?.onOrderStatus) seen.push(data.onOrderStatus);
      failure ??= error;
      check();
    },
    error: (error) => {
      failure = error;
      check();
    },
  });
  const next = (wanted) =>
    new Promise((resolve, reject) => {
      const each = () => {
        const found = seen.find(wanted);
        if (found) resolve(found);
        else if (failure) reject(failure);
      };
      waiting.push(each);
      each();
    });
  return { next, close: () => subscription.unsubscribe() };
}

const mutate = (client, mutation, variables) => client.mutate({ mutation: gql(mutation), variables });
const query = (client, text, variables) => client.query({ query: gql(text), variables });

for (const [mode, auth] of Object.entries(auths)) {
  test(`${mode}: an order is placed, watched, approved and shipped`, async () => {
    const client = connect(auth());
    const approver = connect(auths.AMAZON_COGNITO_USER_POOLS());
    assert.equal((await query(client, PING, { message: mode })).data.ping, mode);

    // Without an argument every change is heard, and the server registers before it acknowledges: an order of our own
    // that is heard shows that the subscription stands.
    const input = newOrder(mode, 1500, 'apollo');
    const events = watch(client, {});
    await standing(client, events, mode);
    const { data } = await mutate(client, PLACE, { input });
    assert.equal(data.placeOrder.amount, 3000);
    const ours = (status) => (event) => event.id === input.clientToken && event.status === status;
    await within(30, 'asking for approval', events.next(ours('AWAITING_APPROVAL')));

    await mutate(approver, APPROVE, { id: input.clientToken });
    await within(30, 'shipping', events.next(ours('SHIPPED')));
    events.close();
    const { order } = (await query(approver, ORDER, { id: input.clientToken })).data;
    assert.equal(order.status, 'SHIPPED');
    assert.equal(order.decidedBy, 'approver');
  });
}

// Orders are placed until one is heard of.
async function standing(client, events, mode) {
  for (let heard = false; !heard; ) {
    const input = newOrder(`${mode}-probe`, 1, 'apollo');
    const answered = new AbortController();
    const mine = events.next(({ id }) => id.includes('-probe-')).then(() => true);
    await mutate(client, PLACE, { input });
    const shipped = (async () => {
      while (!answered.signal.aborted) {
        const { order } = (await query(client, ORDER, { id: input.clientToken })).data;
        if (order?.status === 'SHIPPED') return false;
      }
      return false;
    })();
    heard = await Promise.race([mine, shipped]);
    answered.abort();
  }
}

const wrong = {
  API_KEY: () => ({ type: 'API_KEY', apiKey: 'da2-aaaaaaaaaaaaaaaaaaaaaaaaaa' }),
  AWS_IAM: () => ({ type: 'AWS_IAM', credentials: { ...server.credentials, secretAccessKey: 'wrong' } }),
  OPENID_CONNECT: () => ({ type: 'OPENID_CONNECT', jwtToken: forged(tokens.partner) }),
  AMAZON_COGNITO_USER_POOLS: () => ({ type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: forged(tokens.approver) }),
};
for (const [mode, auth] of Object.entries(wrong)) {
  test(`${mode}: wrong credentials are refused for a query, a mutation and a subscription`, async () => {
    const client = connect(auth());
    const refused = ({ statusCode }) => statusCode === 401 || statusCode === 403;
    await assert.rejects(query(client, PING, {}), refused);
    await assert.rejects(mutate(client, PLACE, { input: newOrder('refused', 1, 'nobody') }), refused);
    const events = watch(client, {});
    await assert.rejects(within(30, 'refusing', events.next(() => true)), /UnauthorizedException|UnrecognizedClient|signature|Connection/i);
    events.close();
  });
}

test('only a member of approvers may approve', async () => {
  const customer = (await signIn(server, 'customer')).IdToken;
  for (const auth of [auths.API_KEY(), auths.AWS_IAM(), { type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: customer }]) {
    await assert.rejects(mutate(connect(auth), APPROVE, { id: 'x' }), /Not Authorized to access approveOrder on type Mutation/);
  }
});
