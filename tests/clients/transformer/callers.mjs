// aws-amplify as one of several callers of the running server: the users of its pool, an API key, an access key.
import assert from 'node:assert/strict';
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import { decodeJWT } from 'aws-amplify/auth';
import { describe } from '../lib/server.mjs';
import { tokensOf } from '../lib/tokens.mjs';

const server = describe();
export const tokens = {};
for (const user of ['ana', 'ben', 'eve']) tokens[user] = (await tokensOf(server, user)).AccessToken;

let signedIn;
const GraphQL = {
  endpoint: server.graphqlTls,
  region: server.region,
  defaultAuthMode: 'userPool',
  apiKey: server.outputs.awsAppsyncApiKey,
};
const tokenProvider = { getTokens: async () => (signedIn ? { accessToken: decodeJWT(tokens[signedIn]) } : null) };
const credentialsProvider = {
  getCredentialsAndIdentityId: async () => ({ credentials: server.credentials }),
  clearCredentialsAndIdentityId: () => {},
};
Amplify.configure({ API: { GraphQL } }, { Auth: { tokenProvider, credentialsProvider } });
export const client = generateClient();

// Makes Amplify be `who`: a user of the pool, or `apiKey` or `iam`. Answers the auth mode to ask in.
export function be(who) {
  signedIn = tokens[who] ? who : undefined;
  return tokens[who] ? 'userPool' : who;
}

// The whole answer of an operation; Amplify rejects with it when there are errors.
export async function ask(who, query, variables) {
  const authMode = be(who);
  return client.graphql({ query, variables, authMode }).catch((answer) => answer);
}

// The data of an operation that must succeed.
export async function data(who, query, variables) {
  const answer = await ask(who, query, variables);
  assert.equal(answer.errors, undefined, JSON.stringify(answer));
  return answer.data;
}

// The first error of an operation that must be refused.
export async function refused(who, query, variables) {
  const answer = await ask(who, query, variables);
  assert.ok(answer.errors?.length > 0, JSON.stringify(answer));
  return answer.errors[0];
}
