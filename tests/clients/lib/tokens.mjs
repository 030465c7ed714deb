// Tokens of the demo users, and operations of Cognito over plain HTTP.

// A call of the user pools' wire API: status and body of the answer.
export async function cognito(server, operation, body) {
  const response = await fetch(server.http, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

// AccessToken, IdToken and RefreshToken of a demo user, by USER_PASSWORD_AUTH.
export async function tokensOf(server, user) {
  const { body } = await cognito(server, 'InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: server.pool(user).clientId,
    AuthParameters: { USERNAME: user, PASSWORD: server.password(user) },
  });
  if (!body.AuthenticationResult) throw new Error(`${user} is not signed in: ${JSON.stringify(body)}`);
  return body.AuthenticationResult;
}

// The same token with the first bits of its signature changed.
export function forged(token) {
  const [header, payload, signature] = token.split('.');
  const changed = signature[0] === 'A' ? 'B' : 'A';
  return `${header}.${payload}.${changed}${signature.slice(1)}`;
}

// What a token says, its signature unchecked.
export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
