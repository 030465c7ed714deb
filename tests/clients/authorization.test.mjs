// Callers that a Lambda function judges, and callers with credentials of an identity pool: aws-amplify v6 and Apollo's
// AppSync links, unmodified, against tests/fixtures/authorization.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import { fetchAuthSession, signIn, signOut } from 'aws-amplify/auth';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import WebSocket from 'ws';
import { disconnected, subscribe } from './lib/amplify.mjs';
import { connect } from './lib/realtime.mjs';
import { startServer } from './lib/server.mjs';

const require = createRequire(import.meta.url);
const { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } = require('@apollo/client');
const { createAuthLink } = require('aws-appsync-auth-link');
const { createSubscriptionHandshakeLink } = require('aws-appsync-subscription-link');

// Node.js 20 has none.
globalThis.WebSocket ??= WebSocket;

const WHOAMI = 'query Who { whoami }';
const TOUCH = 'mutation Touch($id: ID!) { touch(id: $id) { id } }';
const ON_TOUCH = 'subscription OnTouch($id: ID) { onTouch(id: $id) { id } }';

let server;
before(async () => {
  server = await startServer(['tests/fixtures/authorization/template.yaml']);
});
after(() => server.stop());

function configure(defaultAuthMode, Cognito) {
  const GraphQL = { endpoint: server.graphqlTls, region: server.region, defaultAuthMode };
  Amplify.configure({ API: { GraphQL }, ...(Cognito && { Auth: { Cognito } }) });
}
const amplify = (authToken) => generateClient({ authMode: 'lambda', authToken });

// The one error of an answer: its type and text.
const failing = (...expected) => ({ errors }) => {
  assert.deepEqual(errors.map(({ errorType, message }) => [errorType, message]), [expected]);
  return true;
};
// What Amplify makes of a request that is refused as a whole.
const isUnauthorized = ({ errors }) => {
  assert.equal(errors[0].message, 'Unauthorized');
  assert.equal(errors[0].originalError.name, 'UnauthorizedException');
  return true;
};

test('lambda, Amplify: the function lets in whom it likes, and tells resolvers about them', async () => {
  configure('lambda');
  const { data } = await amplify('allow').graphql({ query: WHOAMI });
  const { identity, authType } = JSON.parse(data.whoami);
  assert.equal(authType, 'Lambda Authorization');
  const { queryString, host, ...context } = identity.resolverContext;
  assert.deepEqual(context, { token: 'allow', operationName: null }, 'Amplify sends no operationName');
  assert.match(queryString, /query Who \{\s+whoami\s+\}/);
  assert.equal(host, new URL(server.https).host);
  for (const token of ['deny', 'throw', 'NOT-A-TOKEN']) {
    await assert.rejects(amplify(token).graphql({ query: WHOAMI }), isUnauthorized, token);
  }
});

test('lambda, Amplify: denied fields are null with an error', async () => {
  configure('lambda');
  const query = '{ secret }';
  assert.equal((await amplify('allow').graphql({ query })).data.secret, 'hidden');
  await assert.rejects(
    amplify('allow-some').graphql({ query }),
    failing('Unauthorized', 'Not Authorized to access secret on type Query'),
  );
});

test('lambda, Amplify: a subscription hears, and one that is not let in does not connect', async (t) => {
  configure('lambda');
  const events = await subscribe(amplify('allow'), { query: ON_TOUCH, variables: { id: '7' } });
  t.after(events.close);
  await amplify('allow').graphql({ query: TOUCH, variables: { id: '8' } });
  await amplify('allow').graphql({ query: TOUCH, variables: { id: '7' } });
  assert.deepEqual(await events.next('the touch', () => true), { id: '7' });
  events.close();
  await disconnected();
  await assert.rejects(subscribe(amplify('deny'), { query: ON_TOUCH }), ({ errors }) => {
    assert.equal(errors[0].message, 'Connection failed: UnauthorizedException');
    return true;
  });
});

test('lambda: the function is asked for the connection and for each subscription', async () => {
  const authorization = { Authorization: 'connect-only', host: new URL(server.http).host };
  const connection = await connect(server, authorization);
  connection.send({ type: 'connection_init' });
  await connection.next('connection_ack');
  connection.start('1', ON_TOUCH, {});
  const refused = await connection.next('error', '1');
  const unauthorized = { errorType: 'UnauthorizedException', message: 'You are not authorized to make this call.' };
  assert.deepEqual(refused.payload.errors, [unauthorized]);
  connection.start('2', ON_TOUCH, {}, { ...authorization, Authorization: 'allow' });
  await connection.next('start_ack', '2');
  connection.close();
});

test('lambda, Apollo: queries and mutations', async () => {
  const auth = { type: 'AWS_LAMBDA', token: () => 'allow' };
  const options = { url: server.graphql, region: server.region, auth };
  const client = new ApolloClient({
    link: ApolloLink.from([
      createAuthLink(options),
      createSubscriptionHandshakeLink(options, new HttpLink({ uri: server.graphql })),
    ]),
    cache: new InMemoryCache(),
  });
  const { data } = await client.query({ query: gql(WHOAMI) });
  const { resolverContext } = JSON.parse(data.whoami).identity;
  assert.deepEqual([resolverContext.token, resolverContext.operationName], ['allow', 'Who']);
  const touched = await client.mutate({ mutation: gql(TOUCH), variables: { id: '9' } });
  assert.equal(touched.data.touch.id, '9');
});

test('a direct Lambda resolver with MaxBatchSize is asked once for a list', async () => {
  configure('lambda');
  await assert.rejects(amplify('allow').graphql({ query: '{ items { id price } }' }), ({ data, errors }) => {
    assert.deepEqual(data.items.map(({ price }) => price), [4, 4, null, 4]);
    assert.deepEqual(errors.map(({ path, errorType }) => [path.join('.'), errorType]), [['items.2.price', 'Unpriced']]);
    return true;
  });
});

const identityPool = (more = {}) => ({
  userPoolId: server.outputs.UserPoolId,
  userPoolClientId: server.outputs.ClientId,
  identityPoolId: server.outputs.IdentityPoolId,
  userPoolEndpoint: server.http,
  identityPoolEndpoint: server.http,
  allowGuestAccess: true,
  ...more,
});

test('iam, Amplify: a guest has the credentials of the guests\' role', async () => {
  configure('iam', identityPool());
  const { identityId, credentials, tokens } = await fetchAuthSession();
  assert.equal(tokens, undefined);
  assert.match(identityId, new RegExp(`^${server.region}:[0-9a-f-]{36}$`));
  assert.match(credentials.accessKeyId, /^ASIA/);
  const client = generateClient();
  const { identity, authType } = JSON.parse((await client.graphql({ query: WHOAMI })).data.whoami);
  assert.equal(authType, 'IAM Authorization');
  const { sourceIp, username, ...rest } = identity;
  assert.match(username, /^AROA[A-Z0-9]+:CognitoIdentityCredentials$/);
  assert.equal(sourceIp.length, 1);
  assert.deepEqual(rest, {
    accountId: server.account,
    cognitoIdentityPoolId: server.outputs.IdentityPoolId,
    cognitoIdentityId: identityId,
    userArn: `arn:aws:sts::${server.account}:assumed-role/guests/CognitoIdentityCredentials`,
    cognitoIdentityAuthType: 'unauthenticated',
    cognitoIdentityAuthProvider: null,
  });
  await assert.rejects(client.graphql({ query: TOUCH, variables: { id: '1' } }), isUnauthorized);

  const dynamodb = new DynamoDBClient({ endpoint: server.http, region: server.region, credentials });
  await assert.rejects(dynamodb.send(new ListTablesCommand({})), { name: 'AccessDeniedException' });
  dynamodb.destroy();
});

test('identityPool, Amplify: a user who signed in has those of the users\' role', async (t) => {
  await disconnected();
  configure('identityPool', identityPool({ allowGuestAccess: false }));
  const { isSignedIn } = await signIn({ username: 'ada', password: server.password('ada') });
  assert.equal(isSignedIn, true);
  t.after(signOut);
  const { identityId, userSub } = await fetchAuthSession();
  const client = generateClient();
  const { identity } = JSON.parse((await client.graphql({ query: WHOAMI })).data.whoami);
  const provider = `cognito-idp.${server.region}.amazonaws.com/${server.outputs.UserPoolId}`;
  assert.deepEqual(
    [identity.cognitoIdentityId, identity.cognitoIdentityAuthType, identity.cognitoIdentityAuthProvider],
    [identityId, 'authenticated', `"${provider}","${provider}:CognitoSignIn:${userSub}"`],
  );
  assert.equal(identity.userArn, `arn:aws:sts::${server.account}:assumed-role/signed-in/CognitoIdentityCredentials`);

  const events = await subscribe(client, { query: ON_TOUCH, variables: {} });
  t.after(events.close);
  await client.graphql({ query: TOUCH, variables: { id: '12' } });
  assert.deepEqual(await events.next('the touch', () => true), { id: '12' });
  assert.equal((await fetchAuthSession({ forceRefresh: true })).identityId, identityId, 'the same user, the same identity');
});
