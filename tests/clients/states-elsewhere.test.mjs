// The shipped application with its workflows in a Step Functions elsewhere, chosen by one setting. The other Step
// Functions is that of the server that all tests share: what the second server starts runs there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { describe, startServer } from './lib/server.mjs';
import { newOrder, PLACE } from './lib/operations.mjs';

const there = describe();
const { accessKeyId, secretAccessKey } = there.credentials;
const sfn = new SFNClient({ endpoint: there.http, region: there.region, credentials: there.credentials });
let here;

before(async () => {
  here = await startServer(['--states', 'aws', '--states-endpoint-url', there.http], {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
});
after(async () => {
  await here?.stop();
  sfn.destroy();
});

async function post(url, query, variables, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

test('a resolver starts its workflow elsewhere, and an operator sees it from here', async () => {
  const input = newOrder('elsewhere', 2.5, 'somebody');
  await post(here.graphql, PLACE, { input }, { 'x-api-key': here.apiKey });
  const executionArn = here.outputs.StateMachineArn.replace(':stateMachine:', ':execution:') + `:${input.clientToken}`;
  const started = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  assert.equal(JSON.parse(started.input).id, input.clientToken);

  const operate = `${here.http}/operate/graphql`;
  const { execution } = await post(operate, 'query($arn: String!) { execution(arn: $arn) { name } }', {
    arn: executionArn,
  });
  assert.equal(execution.name, input.clientToken);
});

test('an exception of the other Step Functions reaches the caller with its name', async () => {
  const response = await fetch(`${here.http}/operate/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ execution(arn: "arn:aws:states:us-east-1:000000000000:execution:a:b") { name } }' }),
  });
  const { errors } = await response.json();
  assert.equal(errors?.[0].extensions.code, 'ExecutionDoesNotExist', JSON.stringify(errors));
});
