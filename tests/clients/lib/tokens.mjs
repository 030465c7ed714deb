// Tokens of the demo users, by USER_PASSWORD_AUTH over plain HTTP.
export async function signIn(server, user) {
  const response = await fetch(server.http, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: server.pool(user).clientId,
      AuthParameters: { USERNAME: user, PASSWORD: server.password(user) },
    }),
  });
  const answer = await response.json();
  if (!answer.AuthenticationResult) throw new Error(`${user} is not signed in: ${JSON.stringify(answer)}`);
  return answer.AuthenticationResult;
}

// The same token with the last bits of its signature changed.
export function forged(token) {
  const [header, payload, signature] = token.split('.');
  const changed = signature[0] === 'A' ? 'B' : 'A';
  return `${header}.${payload}.${changed}${signature.slice(1)}`;
}
