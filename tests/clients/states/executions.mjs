// Executions, Standard and Express: start, describe, history, lists, stop, redrive, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paginateGetExecutionHistory } from '@aws-sdk/client-sfn';
import { arn, call, client, createMachine, definitions, refuses, roleArn } from './client.mjs';

const { machine } = definitions;

test('a start with the same name and input is the same start while it runs', async () => {
  const stateMachineArn = await createMachine('executions-once', definitions.wait);
  const start = { stateMachineArn, name: 'once', input: '{"n": 1}' };
  const started = await call('StartExecution', start);
  assert.equal(started.executionArn, arn('execution:executions-once:once'));
  assert.deepEqual(await call('StartExecution', start), started);
  const exists = `Execution Already Exists: '${started.executionArn}'`;
  await refuses('StartExecution', { ...start, input: '{"n": 2}' }, 'ExecutionAlreadyExists', exists);

  const { executionArn } = started;
  const running = await call('DescribeExecution', { executionArn });
  assert.deepEqual(running, {
    executionArn,
    stateMachineArn,
    name: 'once',
    status: 'RUNNING',
    startDate: started.startDate,
    input: '{"n": 1}',
    inputDetails: { included: true },
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
  });
  const { stopDate } = await call('StopExecution', { executionArn, error: 'Enough', cause: 'the test is over' });
  const stopped = await call('DescribeExecution', { executionArn });
  assert.deepEqual(
    [stopped.status, stopped.error, stopped.cause, stopped.stopDate, stopped.redriveStatus],
    ['ABORTED', 'Enough', 'the test is over', stopDate, 'REDRIVABLE'],
  );
  assert.deepEqual(await call('StopExecution', { executionArn }), { stopDate });
  await refuses('StartExecution', start, 'ExecutionAlreadyExists', exists);
});

test('a start with a bad name, bad JSON or too much input', async () => {
  const stateMachineArn = await createMachine('executions-bad', definitions.pass);
  await refuses('StartExecution', { stateMachineArn, name: 'a b' }, 'InvalidName', "Invalid Name: 'a b'");
  await refuses(
    'StartExecution', { stateMachineArn, input: 'not some json' }, 'InvalidExecutionInput',
    "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, " +
      "Object or token 'null', 'true' or 'false')'",
  );
  // The quota is one of UTF-8 bytes: quotes and 131,071 letters of two bytes are just within it.
  await call('StartExecution', { stateMachineArn, input: JSON.stringify('ü'.repeat(131_071)) });
  await refuses(
    'StartExecution', { stateMachineArn, input: JSON.stringify('ü'.repeat(131_072)) }, 'ValidationException',
    /at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144$/,
  );
});

test('history comes in pages, in either order, with data or without', async () => {
  const states = Object.fromEntries(
    ['A', 'B', 'C'].map((name, at) => [name, { Type: 'Pass', ...(at < 2 ? { Next: 'ABC'[at + 1] } : { End: true }) }]),
  );
  const stateMachineArn = await createMachine('executions-history', machine('A', states));
  const { executionArn } = await call('StartExecution', { stateMachineArn, input: '{"x":  1}' });
  const { events } = await call('GetExecutionHistory', { executionArn });
  assert.deepEqual(
    events.map(({ id, previousEventId, type }) => [id, previousEventId, type]),
    [
      [1, 0, 'ExecutionStarted'], [2, 0, 'PassStateEntered'], [3, 2, 'PassStateExited'], [4, 3, 'PassStateEntered'],
      [5, 4, 'PassStateExited'], [6, 5, 'PassStateEntered'], [7, 6, 'PassStateExited'], [8, 7, 'ExecutionSucceeded'],
    ],
  );
  assert.deepEqual(events[0].executionStartedEventDetails, { input: '{"x":  1}', inputDetails: { truncated: false }, roleArn });
  assert.ok(events.every(({ timestamp }) => timestamp instanceof Date));

  for (const reverseOrder of [false, true]) {
    const ids = [];
    for await (const page of paginateGetExecutionHistory({ client, pageSize: 3 }, { executionArn, reverseOrder })) {
      assert.ok(page.events.length <= 3);
      ids.push(...page.events.map(({ id }) => id));
    }
    assert.deepEqual(ids, reverseOrder ? [8, 7, 6, 5, 4, 3, 2, 1] : [1, 2, 3, 4, 5, 6, 7, 8]);
  }
  const bare = await call('GetExecutionHistory', { executionArn, includeExecutionData: false });
  assert.deepEqual(bare.events.map(({ type }) => type), events.map(({ type }) => type));
  assert.equal(bare.events[0].executionStartedEventDetails.input, undefined);
  assert.equal(bare.events[1].stateEnteredEventDetails.input, undefined);
  assert.equal(bare.events[1].stateEnteredEventDetails.name, 'A');

  const { nextToken } = await call('GetExecutionHistory', { executionArn, maxResults: 2 });
  await refuses(
    'GetExecutionHistory', { executionArn, reverseOrder: true, nextToken }, 'InvalidToken',
    "Invalid Token: 'Invalid token'",
  );
});

test('executions are listed newest first, by status and by redrive', async () => {
  const stateMachineArn = await createMachine('executions-list', machine('C', {
    C: { Type: 'Choice', Choices: [{ Variable: '$.bad', BooleanEquals: true, Next: 'F' }], Default: 'S' },
    F: { Type: 'Fail', Error: 'Sour' },
    S: { Type: 'Succeed' },
  }));
  for (const [name, bad] of [['one', false], ['two', true], ['three', false]]) {
    await call('StartExecution', { stateMachineArn, name, input: JSON.stringify({ bad }) });
  }
  const names = async (filters) => {
    const { executions } = await call('ListExecutions', { stateMachineArn, ...filters });
    return executions.map(({ name }) => name);
  };
  assert.deepEqual(await names({}), ['three', 'two', 'one']);
  assert.deepEqual(await names({ statusFilter: 'FAILED' }), ['two']);
  assert.deepEqual(await names({ statusFilter: 'RUNNING' }), []);
  assert.deepEqual(await names({ redriveFilter: 'REDRIVEN' }), []);
  const { nextToken, executions } = await call('ListExecutions', { stateMachineArn, maxResults: 2 });
  assert.equal(executions[1].status, 'FAILED');
  assert.deepEqual(await names({ maxResults: 2, nextToken }), ['one']);
  await refuses(
    'ListExecutions', { stateMachineArn, statusFilter: 'FAILED', nextToken }, 'InvalidToken',
    "Invalid Token: 'Invalid token'",
  );
  await refuses(
    'ListExecutions', { stateMachineArn, statusFilter: 'succeeded' }, 'ValidationException',
    "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must " +
      'satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]',
  );
});

test('a failed execution is redriven from where it failed; one that succeeded is not', async () => {
  const { activityArn } = await call('CreateActivity', { name: 'executions-redrive' });
  const stateMachineArn = await createMachine('executions-redrive', definitions.work(activityArn));
  const { executionArn } = await call('StartExecution', { stateMachineArn });
  const take = async () => (await call('GetActivityTask', { activityArn })).taskToken;
  await call('SendTaskFailure', { taskToken: await take(), error: 'Sour', cause: 'milk' });
  const failed = await call('DescribeExecution', { executionArn });
  assert.deepEqual(
    [failed.status, failed.error, failed.cause, failed.redriveStatus], ['FAILED', 'Sour', 'milk', 'REDRIVABLE'],
  );
  const { redriveDate } = await call('RedriveExecution', { executionArn });
  const redriven = await call('DescribeExecution', { executionArn });
  assert.deepEqual([redriven.status, redriven.redriveCount, redriven.redriveDate], ['RUNNING', 1, redriveDate]);
  await call('SendTaskSuccess', { taskToken: await take(), output: '"fresh"' });
  assert.equal((await call('DescribeExecution', { executionArn })).output, '"fresh"');
  const { executions } = await call('ListExecutions', { stateMachineArn, redriveFilter: 'REDRIVEN' });
  assert.deepEqual(executions.map(({ redriveCount }) => redriveCount), [1]);
  await refuses(
    'RedriveExecution', { executionArn }, 'ExecutionNotRedrivable', /Execution is SUCCEEDED and cannot be redriven/,
  );
});

test('the machine of an execution is the one that it started with', async () => {
  const stateMachineArn = await createMachine('executions-machine', definitions.pass);
  const { executionArn } = await call('StartExecution', { stateMachineArn });
  await call('UpdateStateMachine', { stateMachineArn, definition: definitions.wait });
  const found = await call('DescribeStateMachineForExecution', { executionArn });
  assert.deepEqual(
    [found.stateMachineArn, found.name, found.definition, found.roleArn],
    [stateMachineArn, 'executions-machine', definitions.pass, roleArn],
  );
  assert.ok(found.updateDate instanceof Date);
});

test('an execution that does not exist, and ARNs of something else', async () => {
  const executionArn = arn('execution:executions-none:none');
  const absent = `Execution Does Not Exist: '${executionArn}'`;
  for (const operation of [
    'DescribeExecution', 'DescribeStateMachineForExecution', 'GetExecutionHistory', 'RedriveExecution', 'StopExecution',
  ]) {
    await refuses(operation, { executionArn }, 'ExecutionDoesNotExist', absent);
    const prefix = "Invalid Arn: 'Invalid ARN prefix: no_arn'";
    await refuses(operation, { executionArn: 'no_arn' }, 'InvalidArn', prefix);
    const express = "Invalid Arn: 'Resource type not valid in this context: express'";
    await refuses(operation, { executionArn: arn('express:m:e:u') }, 'InvalidArn', express);
  }
});

test('an Express machine answers in one call, and has no list', async () => {
  const express = { type: 'EXPRESS' };
  const stateMachineArn = await createMachine('executions-express', definitions.pass, express);
  const done = await call('StartSyncExecution', { stateMachineArn, name: 'now', input: '{"x": 1}' });
  assert.match(done.executionArn, /:express:executions-express:now:[0-9a-f-]{36}$/);
  assert.deepEqual(
    [done.status, done.input, done.output, done.name, done.stateMachineArn],
    ['SUCCEEDED', '{"x": 1}', '{"x": 1}', 'now', stateMachineArn],
  );
  assert.ok(done.stopDate >= done.startDate);
  assert.deepEqual(done.billingDetails, { billedMemoryUsedInMB: 64, billedDurationInMilliseconds: 100 });
  const { executionArn } = await call('StartExecution', { stateMachineArn, name: 'now' });
  const twice = await call('StartExecution', { stateMachineArn, name: 'now' });
  assert.notEqual(twice.executionArn, executionArn);

  const failing = await createMachine('executions-express-fail', definitions.fail, express);
  const failed = await call('StartSyncExecution', { stateMachineArn: failing });
  assert.deepEqual([failed.status, failed.error, failed.cause, failed.output], ['FAILED', 'Sour', 'milk', undefined]);

  const unsupported = 'This operation is not supported by this type of state machine';
  await refuses('ListExecutions', { stateMachineArn }, 'StateMachineTypeNotSupported', unsupported);
  const standard = await createMachine('executions-standard', definitions.pass);
  await refuses('StartSyncExecution', { stateMachineArn: standard }, 'StateMachineTypeNotSupported', unsupported);
});
