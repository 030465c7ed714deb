// Signs in with unmodified clients: aws-amplify v6 and amazon-cognito-identity-js, both with SRP.
//
// Environment: COGNITO_ENDPOINT, COGNITO_USER_POOL_ID, COGNITO_CLIENT_ID, COGNITO_USERNAME, COGNITO_PASSWORD.
// Exits 0 when everything held, 1 with the name of what did not.

import assert from "node:assert/strict";
import { Amplify } from "aws-amplify";
import { fetchAuthSession, fetchUserAttributes, getCurrentUser, signIn, signOut } from "aws-amplify/auth";
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from "amazon-cognito-identity-js";

const environment = (name) => {
  const value = process.env[name];
  if (!value) {
    console.error(`sign-in: ${name} is not set`);
    process.exit(2);
  }
  return value;
};

const endpoint = environment("COGNITO_ENDPOINT");
const userPoolId = environment("COGNITO_USER_POOL_ID");
const clientId = environment("COGNITO_CLIENT_ID");
const username = environment("COGNITO_USERNAME");
const password = environment("COGNITO_PASSWORD");
const wrongPassword = `${password}?`;

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

const call = async (operation, body) => {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

const amplify = {
  configure() {
    Amplify.configure({
      Auth: { Cognito: { userPoolId, userPoolClientId: clientId, userPoolEndpoint: endpoint } },
    });
  },

  async "refuses a wrong password"() {
    await assert.rejects(signIn({ username, password: wrongPassword }), {
      name: "NotAuthorizedException",
      message: "Incorrect username or password.",
    });
  },

  async "signs in with SRP"() {
    const result = await signIn({ username, password });
    assert.equal(result.isSignedIn, true);
    assert.equal(result.nextStep.signInStep, "DONE");
    const { tokens, userSub } = await fetchAuthSession();
    const id = claims(tokens.idToken.toString());
    assert.equal(id.aud, clientId);
    assert.equal(id.sub, userSub);
    assert.ok(id.iss.endsWith(`/${userPoolId}`), id.iss);
    assert.equal((await getCurrentUser()).userId, userSub);
    assert.equal((await fetchUserAttributes()).sub, userSub);
  },

  async "renews the session"() {
    const before = (await fetchAuthSession()).tokens.accessToken.toString();
    const after = (await fetchAuthSession({ forceRefresh: true })).tokens.accessToken.toString();
    assert.notEqual(after, before);
    assert.equal(claims(after).origin_jti, claims(before).origin_jti);
  },

  async "revokes the session on sign-out"() {
    const access = (await fetchAuthSession()).tokens.accessToken.toString();
    await signOut();
    assert.equal((await fetchAuthSession()).tokens, undefined);
    const { status, body } = await call("GetUser", { AccessToken: access });
    assert.equal(status, 400);
    assert.equal(body.message, "Access Token has been revoked");
  },

  async "signs out everywhere"() {
    await signIn({ username, password });
    const access = (await fetchAuthSession()).tokens.accessToken.toString();
    await signOut({ global: true });
    assert.equal((await call("GetUser", { AccessToken: access })).body.message, "Access Token has been revoked");
  },
};

const identity = {
  user: undefined,

  configure() {
    const pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint });
    identity.user = new CognitoUser({ Username: username, Pool: pool });
  },

  authenticate(secret) {
    const details = new AuthenticationDetails({ Username: username, Password: secret });
    return new Promise((onSuccess, onFailure) => {
      const newPasswordRequired = () => onFailure(new Error("the user has a temporary password"));
      identity.user.authenticateUser(details, { onSuccess, onFailure, newPasswordRequired });
    });
  },

  promise(start) {
    return new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))));
  },

  async "refuses a wrong password"() {
    await assert.rejects(identity.authenticate(wrongPassword), { code: "NotAuthorizedException" });
  },

  async "signs in with SRP"() {
    const session = await identity.authenticate(password);
    assert.equal(session.isValid(), true);
    assert.equal(session.getIdToken().payload["cognito:username"], session.getAccessToken().payload.username);
  },

  async "renews the session"() {
    const before = identity.user.getSignInUserSession();
    const after = await identity.promise((done) => identity.user.refreshSession(before.getRefreshToken(), done));
    assert.notEqual(after.getAccessToken().getJwtToken(), before.getAccessToken().getJwtToken());
  },

  async "revokes the session on sign-out"() {
    const access = identity.user.getSignInUserSession().getAccessToken().getJwtToken();
    await new Promise((resolve) => identity.user.signOut(resolve));
    const { body } = await call("GetUser", { AccessToken: access });
    assert.equal(body.message, "Access Token has been revoked");
  },
};

for (const [client, checks] of Object.entries({ "aws-amplify": amplify, "amazon-cognito-identity-js": identity })) {
  checks.configure();
  // Checks are named by a sentence; the other members set them up.
  for (const [name, check] of Object.entries(checks).filter(([name]) => name.includes(" "))) {
    try {
      await check();
      console.log(`ok   ${client} ${name}`);
    } catch (error) {
      console.error(`FAIL ${client} ${name}: ${error.name}: ${error.message}`);
      process.exit(1);
    }
  }
}
