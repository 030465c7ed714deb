// aws-amplify v6, unmodified: in each of the four auth modes an order is placed, watched, approved and shipped, and
// wrong credentials are refused. Subscriptions go over wss, as Amplify insists. Tokens and keys are handed to Amplify;
// amplify-session.test.mjs has it sign in.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import { decodeJWT } from 'aws-amplify/auth';
import { disconnected, subscribe } from './lib/amplify.mjs';
import { describe } from './lib/server.mjs';
import { forged, tokensOf } from './lib/tokens.mjs';
import {
  APPROVE, APPROVED_ORDER, BAD_SIGNATURE, newOrder, ON_STATUS, ORDER, PING, PLACE, steps, UNAUTHORIZED,
} from './lib/operations.mjs';

const server = describe();

// What Amplify is given to authenticate with; a test may spoil it.
const held = { apiKey: server.apiKey, credentials: server.credentials, token: undefined };

function configure(changes = {}) {
  Object.assign(held, changes);
  const GraphQL = {
    endpoint: server.graphqlTls,
    region: server.region,
    defaultAuthMode: 'apiKey',
    apiKey: held.apiKey,
  };
  const tokenProvider = { getTokens: async () => (held.token ? { accessToken: decodeJWT(held.token) } : null) };
  const credentialsProvider = {
    getCredentialsAndIdentityId: async () => ({ credentials: held.credentials }),
    clearCredentialsAndIdentityId: () => {},
  };
  Amplify.configure({ API: { GraphQL } }, { Auth: { tokenProvider, credentialsProvider } });
}

const tokens = {};
before(async () => {
  tokens.userPool = (await tokensOf(server, 'customer')).AccessToken;
  tokens.oidc = (await tokensOf(server, 'partner')).AccessToken;
  tokens.approver = (await tokensOf(server, 'approver')).AccessToken;
});

for (const authMode of ['apiKey', 'iam', 'oidc', 'userPool']) {
  test(`${authMode}: an order is placed, watched, approved and shipped`, async (t) => {
    configure({ token: tokens[authMode] });
    const client = generateClient({ authMode });
    const { data } = await client.graphql({ query: PING, variables: { message: authMode } });
    assert.equal(data.ping, authMode);

    const customer = authMode === 'userPool' ? 'customer' : 'amplify';
    const input = newOrder(authMode, 500, customer);
    const id = input.clientToken;
    const events = await subscribe(client, { query: ON_STATUS, variables: { id } });
    t.after(events.close);
    const placed = await client.graphql({ query: PLACE, variables: { input } });
    assert.deepEqual(placed.data.placeOrder, { id, customer, amount: 1000, status: 'PLACED' });

    await events.next('the request for approval', ({ status }) => status === 'AWAITING_APPROVAL');
    configure({ token: tokens.approver });
    await client.graphql({ query: APPROVE, variables: { id }, authMode: 'userPool' });
    const shipped = await events.next('the shipment', ({ status }) => status === 'SHIPPED');
    assert.deepEqual(shipped, { id, customer, status: 'SHIPPED' });
    assert.deepEqual(steps(events.heard), APPROVED_ORDER);

    configure({ token: tokens[authMode] });
    const { order } = (await client.graphql({ query: ORDER, variables: { id } })).data;
    assert.deepEqual(
      { status: order.status, decidedBy: order.decidedBy, comment: order.comment },
      { status: 'SHIPPED', decidedBy: 'approver', comment: 'fine' },
    );
  });
}

const spoiled = {
  apiKey: () => ({ apiKey: 'da2-aaaaaaaaaaaaaaaaaaaaaaaaaa' }),
  iam: () => ({ credentials: { ...server.credentials, secretAccessKey: 'wrong' } }),
  oidc: () => ({ token: forged(tokens.oidc) }),
  userPool: () => ({ token: forged(tokens.userPool) }),
};
const good = () => ({ apiKey: server.apiKey, credentials: server.credentials, token: undefined });

for (const [authMode, spoil] of Object.entries(spoiled)) {
  const { errorType, message } = authMode === 'iam' ? BAD_SIGNATURE : UNAUTHORIZED;
  // Amplify has a text of its own for an UnauthorizedException.
  const shown = authMode === 'iam' ? message : 'Unauthorized';
  const isRefusal = ({ errors }) => {
    assert.equal(errors[0].message, shown);
    assert.equal(errors[0].originalError.name, errorType);
    return true;
  };

  test(`${authMode}: wrong credentials are refused for a query and a mutation`, async () => {
    configure({ ...good(), ...spoil() });
    const client = generateClient({ authMode });
    const variables = { input: newOrder('refused', 1, 'nobody') };
    await assert.rejects(client.graphql({ query: PING }), isRefusal);
    await assert.rejects(client.graphql({ query: PLACE, variables }), isRefusal);
    configure({ ...good(), token: tokens.approver });
    const { order } = (await client.graphql({
      query: ORDER,
      variables: { id: variables.input.clientToken },
      authMode: 'userPool',
    })).data;
    assert.equal(order, null, 'a refused order is not stored');
  });
}

test('wrong credentials are refused for a connection', async () => {
  await disconnected(); // Of the subscriptions before; a refused connection does not stand.
  for (const [authMode, spoil] of Object.entries(spoiled)) {
    configure({ ...good(), ...spoil() });
    await assert.rejects(subscribe(generateClient({ authMode }), { query: ON_STATUS }), ({ errors }) => {
      const { errorType } = authMode === 'iam' ? BAD_SIGNATURE : UNAUTHORIZED;
      assert.equal(errors[0].message, `Connection failed: ${errorType}`, authMode);
      return true;
    });
  }
});

// The last test, because Amplify goes on trying to reconnect what was on the connection. The other credentials of a
// start message are tested without a client library, in connect.test.mjs.
test('userPool: wrong credentials are refused for a subscription on a standing connection', async (t) => {
  configure(good());
  const standing = await subscribe(generateClient({ authMode: 'apiKey' }), { query: ON_STATUS });
  t.after(standing.close);
  configure(spoiled.userPool());
  await assert.rejects(subscribe(generateClient({ authMode: 'userPool' }), { query: ON_STATUS }), ({ errors }) => {
    assert.equal(errors[0].message, `Connection failed: ${JSON.stringify({ errors: [UNAUTHORIZED] })}`);
    return true;
  });
});
