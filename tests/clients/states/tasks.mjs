// Activities and task tokens: long polls, success, failure, heartbeats, and tokens that are wrong or too late.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arn, call, createMachine, definitions, refuses } from './client.mjs';

const { machine, work } = definitions;
const TIMED_OUT = "Task Timed Out: 'Provided task does not exist anymore'";
const INVALID_TOKEN = "Invalid Token: 'Invalid token'";

const createActivity = async (name) => (await call('CreateActivity', { name })).activityArn;
const take = (activityArn) => call('GetActivityTask', { activityArn, workerName: 'worker' });

test('an activity is made once, described, listed and deleted', async () => {
  const made = await call('CreateActivity', { name: 'tasks-one', tags: [{ key: 'team', value: 'blue' }] });
  const { activityArn, creationDate } = made;
  assert.equal(activityArn, arn('activity:tasks-one'));
  assert.deepEqual(await call('CreateActivity', { name: 'tasks-one' }), made);
  const described = await call('DescribeActivity', { activityArn });
  assert.deepEqual([described.activityArn, described.name, described.creationDate], [activityArn, 'tasks-one', creationDate]);
  const { tags } = await call('ListTagsForResource', { resourceArn: activityArn });
  assert.deepEqual(tags, [{ key: 'team', value: 'blue' }]);

  await createActivity('tasks-two');
  const { activities, nextToken } = await call('ListActivities', { maxResults: 1 });
  assert.equal(activities.length, 1);
  const rest = await call('ListActivities', { nextToken });
  const names = [...activities, ...rest.activities].map(({ name }) => name);
  assert.ok(names.includes('tasks-one') && names.includes('tasks-two'));

  await call('DeleteActivity', { activityArn });
  await call('DeleteActivity', { activityArn });
  const absent = `Activity Does Not Exist: '${activityArn}'`;
  await refuses('DescribeActivity', { activityArn }, 'ActivityDoesNotExist', absent);
  await refuses('GetActivityTask', { activityArn }, 'ActivityDoesNotExist', absent);
  for (const operation of ['DescribeActivity', 'GetActivityTask', 'DeleteActivity']) {
    const message = "Invalid Arn: 'Invalid ARN prefix: no_arn'";
    await refuses(operation, { activityArn: 'no_arn' }, 'InvalidArn', message);
  }
  await refuses('CreateActivity', { name: 'activity name' }, 'InvalidName', "Invalid Name: 'activity name'");
});

test('a worker that polls first gets the task when it comes, and its heartbeats and answer reach it', async () => {
  const activityArn = await createActivity('tasks-poll');
  const stateMachineArn = await createMachine('tasks-poll', work(activityArn, { HeartbeatSeconds: 60 }));
  const polled = take(activityArn);
  const { executionArn } = await call('StartExecution', { stateMachineArn, input: '{"n": 1}' });
  const { taskToken, input } = await polled;
  assert.equal(input, '{"n": 1}');
  await call('SendTaskHeartbeat', { taskToken });
  await call('SendTaskSuccess', { taskToken, output: '{"done":  true}' });
  const done = await call('DescribeExecution', { executionArn });
  assert.deepEqual([done.status, done.output], ['SUCCEEDED', '{"done":  true}']);

  const { events } = await call('GetExecutionHistory', { executionArn });
  const details = Object.fromEntries(events.map((event) => [event.type, event]));
  assert.deepEqual(details.ActivityScheduled.activityScheduledEventDetails, {
    resource: activityArn, input: '{"n": 1}', inputDetails: { truncated: false }, heartbeatInSeconds: 60,
  });
  assert.deepEqual(details.ActivityStarted.activityStartedEventDetails, { workerName: 'worker' });

  // The task has ended: nothing more can be said of it.
  await refuses('SendTaskSuccess', { taskToken, output: '{}' }, 'TaskTimedOut', TIMED_OUT);
  await refuses('SendTaskFailure', { taskToken, error: 'Late' }, 'TaskTimedOut', TIMED_OUT);
  await refuses('SendTaskHeartbeat', { taskToken }, 'TaskTimedOut', TIMED_OUT);
});

test('of two answers at once, one counts', async () => {
  const activityArn = await createActivity('tasks-race');
  const stateMachineArn = await createMachine('tasks-race', work(activityArn));
  const { executionArn } = await call('StartExecution', { stateMachineArn });
  const { taskToken } = await take(activityArn);
  const answers = await Promise.allSettled(
    [1, 2, 3, 4].map((n) => call('SendTaskSuccess', { taskToken, output: `${n}` })),
  );
  const accepted = answers.flatMap(({ status }, at) => (status === 'fulfilled' ? [`${at + 1}`] : []));
  assert.deepEqual(
    answers.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.name),
    ['TaskTimedOut', 'TaskTimedOut', 'TaskTimedOut'],
  );
  assert.deepEqual([(await call('DescribeExecution', { executionArn })).output], accepted);
});

test('the token of a task that has timed out is refused', async () => {
  const slow = await createActivity('tasks-slow');
  const after = await createActivity('tasks-after');
  const stateMachineArn = await createMachine('tasks-slow', machine('Slow', {
    Slow: {
      Type: 'Task', Resource: slow, TimeoutSeconds: 1, End: true,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'After' }],
    },
    After: { Type: 'Task', Resource: after, End: true },
  }));
  await call('StartExecution', { stateMachineArn });
  const late = await take(slow);
  // The task of the second activity is there once the first has timed out.
  const next = await take(after);
  assert.equal(JSON.parse(next.input).Error, 'States.Timeout');
  await refuses('SendTaskSuccess', { taskToken: late.taskToken, output: '{}' }, 'TaskTimedOut', TIMED_OUT);
  await refuses('SendTaskHeartbeat', { taskToken: late.taskToken }, 'TaskTimedOut', TIMED_OUT);
  await call('SendTaskSuccess', { taskToken: next.taskToken, output: '{}' });
});

test('tokens that were never given out, and outputs that are no JSON or too long', async () => {
  for (const [operation, more] of [['SendTaskSuccess', { output: '{}' }], ['SendTaskFailure', {}], ['SendTaskHeartbeat', {}]]) {
    await refuses(operation, { taskToken: 'wrong', ...more }, 'InvalidToken', INVALID_TOKEN);
    await refuses(
      operation, { taskToken: 't'.repeat(2049), ...more }, 'ValidationException',
      /at 'taskToken' failed to satisfy constraint: Member must have length less than or equal to 2048$/,
    );
  }
  const activityArn = await createActivity('tasks-output');
  const stateMachineArn = await createMachine('tasks-output', work(activityArn));
  const { executionArn } = await call('StartExecution', { stateMachineArn });
  const { taskToken } = await take(activityArn);
  await refuses('SendTaskSuccess', { taskToken, output: '{' }, 'InvalidOutput', /^Invalid Output: '.+'$/);
  await refuses(
    'SendTaskSuccess', { taskToken, output: JSON.stringify('o'.repeat(262_143)) }, 'ValidationException',
    /at 'output' failed to satisfy constraint: Member must have length less than or equal to 262144$/,
  );
  await refuses(
    'SendTaskFailure', { taskToken, error: 'e'.repeat(257) }, 'ValidationException',
    /at 'error' failed to satisfy constraint: Member must have length less than or equal to 256$/,
  );
  // None of this has ended the task.
  await call('SendTaskFailure', { taskToken });
  const { events } = await call('GetExecutionHistory', { executionArn, reverseOrder: true });
  assert.deepEqual(events.slice(0, 2).map(({ type }) => type), ['ExecutionFailed', 'ActivityFailed']);
  assert.deepEqual(events[0].executionFailedEventDetails, {});
});
