// aws-amplify v6, unmodified: a query, a mutation and a subscription in each of the four auth modes, and what wrong
// credentials get. Subscriptions go over wss, as Amplify insists.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import { decodeJWT } from 'aws-amplify/auth';
import { Hub } from 'aws-amplify/utils';
import { describe } from './lib/server.mjs';
import { forged, signIn } from './lib/tokens.mjs';
import { newOrder, ON_STATUS, PING, PLACE, within } from './lib/operations.mjs';

globalThis.WebSocket = WebSocket;
const server = describe();
let token;
let credentials = server.credentials;

function configure(apiKey = server.apiKey) {
  Amplify.configure(
    {
      API: { GraphQL: { endpoint: server.graphqlTls, region: server.region, defaultAuthMode: 'apiKey', apiKey } },
    },
    {
      Auth: {
        tokenProvider: { getTokens: async () => (token ? { accessToken: decodeJWT(token) } : null) },
        credentialsProvider: {
          getCredentialsAndIdentityId: async () => ({ credentials }),
          clearCredentialsAndIdentityId: () => {},
        },
      },
    },
  );
}

const tokens = {};
before(async () => {
  configure();
  tokens.userPool = (await signIn(server, 'customer')).AccessToken;
  tokens.oidc = (await signIn(server, 'partner')).AccessToken;
});
after(() => setImmediate(() => process.exit()));

// Subscribes; `acknowledged` says that the server has registered it, `next` waits for an event that `wanted` accepts.
function subscribe(client, authMode, variables) {
  const acknowledged = new Promise((resolve) => {
    const stop = Hub.listen('api', ({ payload }) => {
      if (payload.event === 'Subscription ACK') {
        stop();
        resolve();
      }
    });
  });
  const seen = [];
  const waiting = [];
  let failure;
  const subscription = client.graphql({ query: ON_STATUS, variables, authMode }).subscribe({
    next: ({ data }) => {
      seen.push(data.onOrderStatus);
      for (const check of waiting) check();
    },
    error: (error) => {
      failure = error;
      for (const check of waiting) check();
    },
  });
  return {
    acknowledged,
    close: () => subscription.unsubscribe(),
    next: (wanted) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (failure) reject(failure.errors?.[0] ?? failure);
          const found = seen.find(wanted);
          if (found) resolve(found);
        };
        waiting.push(check);
        check();
      }),
  };
}

for (const authMode of ['apiKey', 'iam', 'oidc', 'userPool']) {
  test(`${authMode}: query, mutation and subscription`, async () => {
    token = tokens[authMode];
    const client = generateClient();
    const { data } = await client.graphql({ query: PING, variables: { message: authMode }, authMode });
    assert.equal(data.ping, authMode);

    const input = newOrder(authMode, 2.5, authMode === 'userPool' ? undefined : 'amplify');
    const subscription = subscribe(client, authMode, { id: input.clientToken });
    await within(30, 'subscribing', subscription.acknowledged);
    const placed = await client.graphql({ query: PLACE, variables: { input }, authMode });
    assert.deepEqual(placed.data.placeOrder, {
      id: input.clientToken,
      customer: authMode === 'userPool' ? 'customer' : 'amplify',
      amount: 5,
      status: 'PLACED',
    });
    const shipped = await within(30, 'shipping', subscription.next(({ status }) => status === 'SHIPPED'));
    assert.equal(shipped.id, input.clientToken);
    subscription.close();
  });
}

const refused = {
  apiKey: () => configure('da2-aaaaaaaaaaaaaaaaaaaaaaaaaa'),
  iam: () => (credentials = { ...server.credentials, secretAccessKey: 'wrong' }),
  oidc: () => (token = forged(tokens.oidc)),
  userPool: () => (token = forged(tokens.userPool)),
};
for (const [authMode, spoil] of Object.entries(refused)) {
  test(`${authMode}: wrong credentials are refused for a query, a mutation and a subscription`, async () => {
    spoil();
    const client = generateClient();
    const unauthorized = ({ errors }) => {
      assert.equal(errors[0].message, authMode === 'iam' ? errors[0].message : 'Unauthorized');
      return true;
    };
    const variables = { input: newOrder('refused', 1, 'nobody') };
    await assert.rejects(client.graphql({ query: PING, authMode }), unauthorized);
    await assert.rejects(client.graphql({ query: PLACE, variables, authMode }), unauthorized);
    const subscription = subscribe(client, authMode, {});
    await assert.rejects(within(30, 'refusing', subscription.next(() => true)), (error) => {
      assert.match(JSON.stringify(error.message ?? error), /Unauthorized|Connection failed|UnrecognizedClient|signature/);
      return true;
    });
    configure();
    credentials = server.credentials;
  });
}
