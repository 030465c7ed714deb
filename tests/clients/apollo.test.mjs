// Apollo Client with aws-appsync-auth-link and aws-appsync-subscription-link, unmodified, over plain http and ws: in
// each of the four auth modes an order is placed, watched, approved and shipped, and wrong credentials are refused.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { filter } from 'rxjs';
import WebSocket from 'ws';
import { Inbox } from './lib/inbox.mjs';
import { describe } from './lib/server.mjs';
import { forged, tokensOf } from './lib/tokens.mjs';
import {
  APPROVE, APPROVED_ORDER, BAD_SIGNATURE, newOrder, ON_STATUS, ORDER, PING, PLACE, steps, UNAUTHORIZED,
} from './lib/operations.mjs';

// As CommonJS: the ES module of aws-appsync-auth-link 4.0.2 finds no Sha256 in Node.js, so that it cannot sign.
const require = createRequire(import.meta.url);
const { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } = require('@apollo/client');
const { createAuthLink } = require('aws-appsync-auth-link');
const { CONTROL_EVENTS_KEY, createSubscriptionHandshakeLink } = require('aws-appsync-subscription-link');

// Node.js 20 has none.
globalThis.WebSocket ??= WebSocket;

const server = describe();

function connect(auth) {
  const options = { url: server.graphql, region: server.region, auth };
  return new ApolloClient({
    link: ApolloLink.from([
      acknowledgementLink(),
      createAuthLink(options),
      createSubscriptionHandshakeLink(options, new HttpLink({ uri: server.graphql })),
    ]),
    cache: new InMemoryCache(),
    // aws-appsync-auth-link signs a body without `extensions`; Apollo Client 4 would add some to say its version.
    enhancedClientAwareness: { transport: false },
    defaultOptions: { query: { fetchPolicy: 'no-cache' }, mutate: { fetchPolicy: 'no-cache' } },
  });
}

// The subscription link tells those who ask for its control messages that the server has acknowledged a subscription;
// they are taken out here, for Apollo Client would take them for results.
function acknowledgementLink() {
  return new ApolloLink((operation, forward) => {
    operation.setContext({ controlMessages: { [CONTROL_EVENTS_KEY]: true } });
    const { acknowledged } = operation.getContext();
    return forward(operation).pipe(
      filter(({ extensions }) => {
        if (extensions?.controlMsgType !== 'CONNECTED') return true;
        acknowledged();
        return false;
      }),
    );
  });
}

const tokens = {};
before(async () => {
  tokens.partner = (await tokensOf(server, 'partner')).IdToken;
  tokens.approver = (await tokensOf(server, 'approver')).IdToken;
  tokens.customer = (await tokensOf(server, 'customer')).IdToken;
});

const auths = {
  API_KEY: () => ({ type: 'API_KEY', apiKey: server.apiKey }),
  AWS_IAM: () => ({ type: 'AWS_IAM', credentials: server.credentials }),
  OPENID_CONNECT: () => ({ type: 'OPENID_CONNECT', jwtToken: tokens.partner }),
  AMAZON_COGNITO_USER_POOLS: () => ({ type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: tokens.customer }),
};
const approver = () => connect({ type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: tokens.approver });

const mutate = (client, mutation, variables) => client.mutate({ mutation: gql(mutation), variables });
const query = (client, text, variables) => client.query({ query: gql(text), variables });

// Subscribes, and returns once the server has acknowledged that the subscription stands; rejects with what Apollo makes
// of a refusal. Orders arrive in the returned inbox.
async function subscribe(client, variables) {
  const events = new Inbox();
  const acknowledgements = new Inbox();
  const fail = (error) => {
    events.fail(error);
    acknowledgements.fail(error);
  };
  const context = { acknowledged: () => acknowledgements.put('CONNECTED') };
  const subscription = client.subscribe({ query: gql(ON_STATUS), variables, context }).subscribe({
    next: ({ data, error }) => (error ? fail(error) : events.put(data.onOrderStatus)),
    error: fail,
  });
  events.close = () => subscription.unsubscribe();
  await acknowledgements.next('the acknowledgement', () => true);
  return events;
}

for (const [mode, auth] of Object.entries(auths)) {
  test(`${mode}: an order is placed, watched, approved and shipped`, async (t) => {
    const client = connect(auth());
    assert.equal((await query(client, PING, { message: mode })).data.ping, mode);

    const customer = mode === 'AMAZON_COGNITO_USER_POOLS' ? 'customer' : 'apollo';
    const input = newOrder(mode, 500, customer);
    const id = input.clientToken;
    const events = await subscribe(client, { id });
    t.after(events.close);
    const { placeOrder } = (await mutate(client, PLACE, { input })).data;
    assert.deepEqual({ ...placeOrder, __typename: undefined }, {
      id, customer, amount: 1000, status: 'PLACED', __typename: undefined,
    });

    await events.next('the request for approval', ({ status }) => status === 'AWAITING_APPROVAL');
    await mutate(approver(), APPROVE, { id });
    await events.next('the shipment', ({ status }) => status === 'SHIPPED');
    assert.deepEqual(steps(events.heard), APPROVED_ORDER);

    const { order } = (await query(client, ORDER, { id })).data;
    assert.deepEqual(
      { status: order.status, decidedBy: order.decidedBy, comment: order.comment },
      { status: 'SHIPPED', decidedBy: 'approver', comment: 'fine' },
    );
  });
}

const wrong = {
  API_KEY: () => ({ type: 'API_KEY', apiKey: 'da2-aaaaaaaaaaaaaaaaaaaaaaaaaa' }),
  AWS_IAM: () => ({ type: 'AWS_IAM', credentials: { ...server.credentials, secretAccessKey: 'wrong' } }),
  OPENID_CONNECT: () => ({ type: 'OPENID_CONNECT', jwtToken: forged(tokens.partner) }),
  AMAZON_COGNITO_USER_POOLS: () => ({ type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: forged(tokens.customer) }),
};

for (const [mode, auth] of Object.entries(wrong)) {
  test(`${mode}: wrong credentials are refused for a query, a mutation and a subscription`, async () => {
    const client = connect(auth());
    const expected = mode === 'AWS_IAM' ? BAD_SIGNATURE : UNAUTHORIZED;
    const isRefusal = ({ statusCode, bodyText }) => {
      assert.equal(statusCode, mode === 'AWS_IAM' ? 403 : 401);
      assert.deepEqual(JSON.parse(bodyText).errors, [expected]);
      return true;
    };
    await assert.rejects(query(client, PING, {}), isRefusal);
    await assert.rejects(mutate(client, PLACE, { input: newOrder('refused', 1, 'nobody') }), isRefusal);
    await assert.rejects(subscribe(client, {}), ({ cause }) => {
      assert.equal(cause.errors[0].message, `Connection failed: ${expected.errorType}`);
      return true;
    });
  });
}

test('only a member of approvers may approve', async () => {
  for (const [mode, auth] of Object.entries(auths)) {
    await assert.rejects(mutate(connect(auth()), APPROVE, { id: 'x' }), (error) => {
      assert.equal(error.errors?.[0].message, 'Not Authorized to access approveOrder on type Mutation', mode);
      assert.equal(error.errors[0].errorType, 'Unauthorized', mode);
      return true;
    });
  }
});
