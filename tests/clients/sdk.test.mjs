// AWS SDK for JavaScript v3, unmodified, against the wire API: state machines, executions, task tokens, tables, users.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateStateMachineCommand, DescribeExecutionCommand, GetExecutionHistoryCommand, ListExecutionsCommand,
  SendTaskSuccessCommand, SFNClient, StartExecutionCommand, StopExecutionCommand, CreateActivityCommand,
  GetActivityTaskCommand,
} from '@aws-sdk/client-sfn';
import {
  CreateTableCommand, DeleteTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { CognitoIdentityProviderClient, AdminGetUserCommand } from '@aws-sdk/client-cognito-identity-provider';
import { describe } from './lib/server.mjs';

const server = describe();
const settings = { endpoint: server.http, region: server.region, credentials: server.credentials };
const sfn = new SFNClient(settings);
const dynamodb = new DynamoDBClient(settings);
const roleArn = 'arn:aws:iam::000000000000:role/test';

test('an activity: start, take the task, send success, history', async () => {
  const { activityArn } = await sfn.send(new CreateActivityCommand({ name: 'sdk-work' }));
  const definition = JSON.stringify({
    StartAt: 'Work',
    States: { Work: { Type: 'Task', Resource: activityArn, TimeoutSeconds: 60, End: true } },
  });
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'sdk-machine', definition, roleArn }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"n": 1}' }));
  const { taskToken, input } = await sfn.send(new GetActivityTaskCommand({ activityArn, workerName: 'w' }));
  assert.deepEqual(JSON.parse(input), { n: 1 });
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status, 'RUNNING');
  await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"done": true}' }));
  const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  assert.equal(described.status, 'SUCCEEDED');
  assert.deepEqual(JSON.parse(described.output), { done: true });
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ExecutionStarted', 'TaskStateEntered', 'ActivityScheduled', 'ActivityStarted', 'ActivitySucceeded',
      'TaskStateExited', 'ExecutionSucceeded'],
  );
  const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'SUCCEEDED' }));
  assert.deepEqual(executions.map(({ name }) => name), ['one']);
  await assert.rejects(sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{}' })), { name: 'TaskTimedOut' });
});

test('an execution is stopped, and unknown ones are refused by name', async () => {
  const definition = JSON.stringify({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 3600, End: true } } });
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'sdk-wait', definition, roleArn }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  await sfn.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'the test is over' }));
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status, 'ABORTED');
  await assert.rejects(
    sfn.send(new DescribeExecutionCommand({ executionArn: `${executionArn}x` })),
    { name: 'ExecutionDoesNotExist', message: `Execution Does Not Exist: '${executionArn}x'` },
  );
});

test('a table: put, get, query, a failed condition', async () => {
  const TableName = 'sdk-table';
  await dynamodb.send(new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'N' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
  }));
  for (const sk of ['1', '2', '10']) {
    await dynamodb.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, sk: { N: sk } } }));
  }
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' }, sk: { N: '2' } } }));
  assert.deepEqual(Item, { pk: { S: 'a' }, sk: { N: '2' } });
  const { Items } = await dynamodb.send(new QueryCommand({
    TableName,
    KeyConditionExpression: 'pk = :pk AND sk > :low',
    ExpressionAttributeValues: { ':pk': { S: 'a' }, ':low': { N: '1' } },
  }));
  assert.deepEqual(Items.map(({ sk }) => sk.N), ['2', '10']);
  await assert.rejects(
    dynamodb.send(new PutItemCommand({
      TableName,
      Item: { pk: { S: 'a' }, sk: { N: '1' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    })),
    { name: 'ConditionalCheckFailedException', message: 'The conditional request failed' },
  );
  await dynamodb.send(new DeleteTableCommand({ TableName }));
});

test('a user of the pool, and an unsigned or wrongly signed administrator', async () => {
  const { id } = server.pool('approver');
  const request = new AdminGetUserCommand({ UserPoolId: id, Username: 'approver' });
  const user = await new CognitoIdentityProviderClient(settings).send(request);
  assert.equal(user.UserStatus, 'CONFIRMED');
  const wrong = { ...settings, credentials: { ...server.credentials, secretAccessKey: 'wrong' } };
  await assert.rejects(new CognitoIdentityProviderClient(wrong).send(request), { name: 'InvalidSignatureException' });
  const unknown = { ...settings, credentials: { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' } };
  await assert.rejects(new SFNClient(unknown).send(new ListExecutionsCommand({ stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:x' })), {
    name: 'UnrecognizedClientException',
  });
});
