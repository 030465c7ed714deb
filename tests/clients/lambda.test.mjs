// Lambda functions of a template and of the settings, invoked by the AWS SDK, by workflows and by a resolver.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, TestStateCommand } from '@aws-sdk/client-sfn';
import { startServer } from './lib/server.mjs';

const FIXTURE = 'tests/fixtures/functions';
let server;
let lambda;
let sfn;

before(async () => {
  server = await startServer([`${FIXTURE}/template.yaml`, '--config', `${FIXTURE}/stepwell.toml`]);
  const settings = { endpoint: server.http, region: server.region, credentials: server.credentials };
  lambda = new LambdaClient(settings);
  sfn = new SFNClient({ ...settings, disableHostPrefix: true });
});
after(async () => {
  lambda.destroy();
  sfn.destroy();
  await server.stop();
});

async function invoke(FunctionName, payload, more = {}) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), ...more }));
  const text = Buffer.from(answer.Payload ?? []).toString();
  return { ...answer, payload: text === '' ? undefined : JSON.parse(text) };
}

async function run(input) {
  const started = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: server.outputs.StateMachineArn, input: JSON.stringify(input) }),
  );
  for (;;) {
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn: started.executionArn }));
    if (described.status !== 'RUNNING') return described;
  }
}

test('a function answers what it returns, with the end of its log', async () => {
  const seen = [];
  // The log has its own way here and may come a moment after the answer.
  while (!seen.some(({ log, requestId }) => log.includes(`stock of tea for ${requestId}`)) && seen.length < 5) {
    const answer = await invoke('stock', { sku: 'tea', quantity: 2 }, { LogType: 'Tail' });
    assert.equal(answer.StatusCode, 200);
    assert.equal(answer.FunctionError, undefined);
    assert.equal(answer.ExecutedVersion, '$LATEST');
    assert.deepEqual(answer.payload, { sku: 'tea', quantity: 2, shelf: 'A7-reserved' });
    seen.push({ log: Buffer.from(answer.LogResult, 'base64').toString(), requestId: answer.$metadata.requestId });
  }
  assert.ok(seen.length < 5, JSON.stringify(seen));
});

test('functions are found by name, ARN and qualifier; code may stand in the template or be a command', async () => {
  const arn = `arn:aws:lambda:${server.region}:${server.account}:function:stock`;
  for (const name of [arn, `${server.account}:function:stock`, 'stock:live']) {
    assert.equal((await invoke(name, { sku: name })).payload.sku, name);
  }
  assert.equal((await invoke('stock', { sku: 'q' }, { Qualifier: '$LATEST' })).payload.sku, 'q');
  assert.deepEqual((await invoke(server.outputs.InlineFunction, [1])).payload, { inline: [1] });
  assert.equal((await invoke('shout', 'tea')).payload, 'TEA');
});

test('a function that throws is a function error with its name, message and trace', async () => {
  const { StatusCode, FunctionError, payload } = await invoke('stock', { sku: 'tea', quantity: 11 });
  assert.deepEqual([StatusCode, FunctionError], [200, 'Unhandled']);
  assert.deepEqual([payload.errorType, payload.errorMessage], ['OutOfStock', 'only 10 of tea']);
  assert.match(payload.trace[1], /stock\/index\.mjs/);
});

test('events are accepted and dry runs run nothing', async () => {
  assert.equal((await invoke('shout', 'tea', { InvocationType: 'Event' })).StatusCode, 202);
  assert.equal((await invoke('shout', 'tea', { InvocationType: 'DryRun' })).StatusCode, 204);
});

test('what cannot be invoked is refused by name', async () => {
  const missing = { name: 'ResourceNotFoundException', message: /^Function not found: arn:aws:lambda:.*:function:nobody:\$LATEST$/ };
  await assert.rejects(invoke('nobody', {}), missing);
  await assert.rejects(invoke('compiled', {}), { name: 'InvalidRuntimeException', message: /its runtime is provided\.al2023; give it a command/ });
  const forged = new LambdaClient({
    endpoint: server.http,
    region: server.region,
    credentials: { ...server.credentials, secretAccessKey: 'wrong' },
  });
  await assert.rejects(forged.send(new InvokeCommand({ FunctionName: 'stock' })), { name: 'InvalidSignatureException' });
  forged.destroy();
});

test('a workflow calls functions of both kinds, and catches an error by its name', async () => {
  const done = await run({ sku: 'tea', quantity: 4 });
  assert.equal(done.status, 'SUCCEEDED', done.cause);
  assert.deepEqual(JSON.parse(done.output), { sku: 'tea', price: 10, shelf: 'A7-reserved', reachable: 200 });
  const sorry = await run({ sku: 'tea', quantity: 40 });
  assert.equal(sorry.error, 'Sorry');
  assert.equal(JSON.parse(sorry.cause).errorMessage, 'only 10 of tea');
});

test('TestState calls the function', async () => {
  const arn = `arn:aws:lambda:${server.region}:${server.account}:function:stock`;
  const state = { Type: 'Task', Resource: arn, End: true };
  const input = JSON.stringify({ sku: 'tea', quantity: 1 });
  const roleArn = `arn:aws:iam::${server.account}:role/any`;
  const tried = await sfn.send(new TestStateCommand({ definition: JSON.stringify(state), roleArn, input }));
  assert.equal(tried.status, 'SUCCEEDED', tried.cause);
  assert.equal(JSON.parse(tried.output).shelf, 'A7-reserved');
});

test('a resolver calls the function with the whole context', async () => {
  const response = await fetch(server.graphql, {
    method: 'POST',
    headers: { 'x-api-key': server.apiKey },
    body: JSON.stringify({ query: '{ stock(sku: "tea") { sku shelf } }' }),
  });
  assert.deepEqual(await response.json(), { data: { stock: { sku: 'tea', shelf: 'A7-reserved' } } });
});
