// Sign-in with SRP by unmodified clients, aws-amplify v6 and amazon-cognito-identity-js: sessions, their renewal, and
// their end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Amplify } from 'aws-amplify';
import { fetchAuthSession, fetchUserAttributes, getCurrentUser, signIn, signOut } from 'aws-amplify/auth';
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';
import { describe } from './lib/server.mjs';
import { claims, cognito } from './lib/tokens.mjs';

const server = describe();
const username = 'customer';
const password = server.password(username);
const { id: userPoolId, clientId } = server.pool(username);

const assertRevoked = async (AccessToken) => {
  const { status, body } = await cognito(server, 'GetUser', { AccessToken });
  assert.deepEqual({ status, message: body.message }, { status: 400, message: 'Access Token has been revoked' });
};

test('aws-amplify', async (t) => {
  Amplify.configure({
    Auth: { Cognito: { userPoolId, userPoolClientId: clientId, userPoolEndpoint: server.http } },
  });
  const accessToken = async (options) => (await fetchAuthSession(options)).tokens.accessToken.toString();

  await t.test('refuses a wrong password', () =>
    assert.rejects(signIn({ username, password: `${password}?` }), {
      name: 'NotAuthorizedException',
      message: 'Incorrect username or password.',
    }));

  await t.test('signs in with SRP', async () => {
    const { isSignedIn, nextStep } = await signIn({ username, password });
    assert.deepEqual({ isSignedIn, step: nextStep.signInStep }, { isSignedIn: true, step: 'DONE' });
    const { tokens, userSub } = await fetchAuthSession();
    const { aud, sub, iss } = claims(tokens.idToken.toString());
    assert.deepEqual({ aud, sub }, { aud: clientId, sub: userSub });
    assert.ok(iss.endsWith(`/${userPoolId}`), iss);
    assert.equal((await getCurrentUser()).userId, userSub);
    assert.equal((await fetchUserAttributes()).sub, userSub);
  });

  await t.test('renews the session', async () => {
    const before = await accessToken();
    const after = await accessToken({ forceRefresh: true });
    assert.notEqual(after, before);
    assert.equal(claims(after).origin_jti, claims(before).origin_jti);
  });

  await t.test('revokes the session on sign-out', async () => {
    const access = await accessToken();
    await signOut();
    assert.equal((await fetchAuthSession()).tokens, undefined);
    await assertRevoked(access);
  });

  await t.test('signs out everywhere', async () => {
    await signIn({ username, password });
    const access = await accessToken();
    await signOut({ global: true });
    await assertRevoked(access);
  });
});

test('amazon-cognito-identity-js', async (t) => {
  const pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint: server.http });
  const user = new CognitoUser({ Username: username, Pool: pool });
  const authenticate = (Password) =>
    new Promise((onSuccess, onFailure) => {
      const newPasswordRequired = () => onFailure(new Error('the user has a temporary password'));
      const details = new AuthenticationDetails({ Username: username, Password });
      user.authenticateUser(details, { onSuccess, onFailure, newPasswordRequired });
    });

  await t.test('refuses a wrong password', () =>
    assert.rejects(authenticate(`${password}?`), { code: 'NotAuthorizedException' }));

  await t.test('signs in with SRP', async () => {
    const session = await authenticate(password);
    assert.equal(session.isValid(), true);
    assert.equal(session.getIdToken().payload['cognito:username'], session.getAccessToken().payload.username);
  });

  await t.test('renews the session', async () => {
    const before = user.getSignInUserSession();
    const after = await new Promise((resolve, reject) =>
      user.refreshSession(before.getRefreshToken(), (error, session) => (error ? reject(error) : resolve(session))));
    assert.notEqual(after.getAccessToken().getJwtToken(), before.getAccessToken().getJwtToken());
  });

  await t.test('revokes the session on sign-out', async () => {
    const access = user.getSignInUserSession().getAccessToken().getJwtToken();
    await new Promise((resolve) => user.signOut(resolve));
    await assertRevoked(access);
  });
});
