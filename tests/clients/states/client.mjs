// The Step Functions client of these tests, which keeps count of the operations that it drives.
import assert from 'node:assert/strict';
import * as sdk from '@aws-sdk/client-sfn';
import { describe } from '../lib/server.mjs';

const server = describe();

// StartSyncExecution and TestState go to a host of their own on AWS, `sync-states.<region>.amazonaws.com`; a client puts
// `sync-` before any host unless it is told not to.
export const client = new sdk.SFNClient({
  endpoint: server.http,
  region: server.region,
  credentials: server.credentials,
  disableHostPrefix: true,
});

export const roleArn = 'arn:aws:iam::000000000000:role/test';
export const arn = (resource) => `arn:aws:states:${server.region}:000000000000:${resource}`;

// Operations that have answered at least once.
const answered = new Set();

export async function call(operation, input = {}) {
  const { $metadata, ...answer } = await client.send(new sdk[`${operation}Command`](input));
  assert.equal($metadata.httpStatusCode, 200);
  assert.equal($metadata.attempts, 1);
  answered.add(operation);
  return answer;
}

// Asserts that the operation throws the SDK's own class for the exception, with AWS's words.
export async function refuses(operation, input, exception, message) {
  const error = await call(operation, input).then(
    (answer) => assert.fail(`${operation} answered ${JSON.stringify(answer)} instead of ${exception}`),
    (error) => error,
  );
  assert.equal(error.name, exception, `${operation}: ${error.stack}`);
  assert.ok(error instanceof (sdk[exception] ?? sdk.SFNServiceException), `${exception} is not the SDK's class of it`);
  assert.ok(error instanceof sdk.SFNServiceException);
  assert.equal(error.$fault, 'client');
  assert.equal(error.$metadata.httpStatusCode, 400);
  if (message instanceof RegExp) assert.match(error.message, message);
  else assert.equal(error.message, message);
}

// Every command that the SDK exports is an operation of the API. One that no test has driven fails.
export function assertAllDriven() {
  const operations = Object.keys(sdk)
    .filter((name) => /^[A-Z]\w+Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length));
  assert.ok(operations.length >= 37, 'the SDK exports its commands under other names now');
  assert.deepEqual(operations.filter((operation) => !answered.has(operation)), []);
}

const machine = (StartAt, States, rest = {}) => JSON.stringify({ StartAt, States, ...rest });

export const definitions = {
  pass: machine('P', { P: { Type: 'Pass', End: true } }),
  greet: (greeting) => machine('P', { P: { Type: 'Pass', Result: greeting, End: true } }),
  wait: machine('W', { W: { Type: 'Wait', Seconds: 3600, End: true } }),
  fail: machine('F', { F: { Type: 'Fail', Error: 'Sour', Cause: 'milk' } }),
  work: (Resource, more = {}) => machine('Work', { Work: { Type: 'Task', Resource, End: true, ...more } }),
  machine,
};

export async function createMachine(name, definition, more = {}) {
  return (await call('CreateStateMachine', { name, definition, roleArn, ...more })).stateMachineArn;
}
