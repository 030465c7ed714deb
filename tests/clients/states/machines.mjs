// State machines and their tags: create, describe, update, list, delete, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paginateListStateMachines } from '@aws-sdk/client-sfn';
import { arn, call, client, createMachine, definitions, refuses, roleArn } from './client.mjs';

const { pass } = definitions;

test('a state machine is made once, described, changed and deleted', async () => {
  const name = 'machines-one';
  const made = await call('CreateStateMachine', { name, definition: pass, roleArn });
  assert.equal(made.stateMachineArn, arn(`stateMachine:${name}`));
  assert.ok(made.creationDate instanceof Date);
  assert.deepEqual(await call('CreateStateMachine', { name, definition: pass, roleArn: `${roleArn}-2` }), made);
  await refuses(
    'CreateStateMachine', { name, definition: definitions.fail, roleArn },
    'StateMachineAlreadyExists', `State Machine Already Exists: '${made.stateMachineArn}'`,
  );

  const { stateMachineArn } = made;
  const described = await call('DescribeStateMachine', { stateMachineArn });
  assert.deepEqual(described, {
    stateMachineArn,
    name,
    definition: pass,
    roleArn,
    type: 'STANDARD',
    status: 'ACTIVE',
    creationDate: made.creationDate,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
  });

  const update = await call('UpdateStateMachine', { stateMachineArn, definition: definitions.wait });
  assert.ok(update.updateDate >= made.creationDate);
  const changed = await call('DescribeStateMachine', { stateMachineArn });
  assert.equal(changed.revisionId, update.revisionId);
  assert.equal(changed.definition, definitions.wait);
  await refuses(
    'UpdateStateMachine', { stateMachineArn }, 'MissingRequiredParameter',
    'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
  );

  assert.deepEqual(await call('DeleteStateMachine', { stateMachineArn }), {});
  assert.deepEqual(await call('DeleteStateMachine', { stateMachineArn }), {});
});

test('a machine that does not exist, and ARNs of something else', async () => {
  const unknown = arn('stateMachine:machines-unknown');
  const absent = `State Machine Does Not Exist: '${unknown}'`;
  for (const [operation, more] of [
    ['DescribeStateMachine', {}],
    ['UpdateStateMachine', { definition: pass }],
    ['StartExecution', {}],
    ['StartSyncExecution', {}],
    ['ListExecutions', {}],
    ['PublishStateMachineVersion', {}],
  ]) {
    await refuses(operation, { stateMachineArn: unknown, ...more }, 'StateMachineDoesNotExist', absent);
  }
  for (const operation of ['DescribeStateMachine', 'ListExecutions', 'PublishStateMachineVersion', 'StartExecution']) {
    const message = "Invalid Arn: 'Invalid ARN prefix: no_arn'";
    await refuses(operation, { stateMachineArn: 'no_arn' }, 'InvalidArn', message);
  }
});

test('bad names, definitions, logging and sizes', async () => {
  for (const name of ['a b', 'a/b', 'a"b', 'a|b']) {
    const input = { name, definition: pass, roleArn };
    await refuses('CreateStateMachine', input, 'InvalidName', `Invalid Name: '${name}'`);
  }
  await refuses(
    'CreateStateMachine', { name: 'n'.repeat(81), definition: pass, roleArn }, 'ValidationException',
    `1 validation error detected: Value '${'n'.repeat(81)}' at 'name' failed to satisfy constraint: ` +
      'Member must have length less than or equal to 80',
  );
  await refuses(
    'CreateStateMachine', { name: 'machines-bad', definition: '{"StartAt": "P"}', roleArn }, 'InvalidDefinition',
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
  );
  const long = JSON.stringify({ ...JSON.parse(pass), Comment: 'c'.repeat(1 << 20) });
  await refuses(
    'CreateStateMachine', { name: 'machines-long', definition: long, roleArn }, 'ValidationException',
    /at 'definition' failed to satisfy constraint: Member must have length less than or equal to 1048576$/,
  );
  const loggingConfiguration = { level: 'ALL', includeExecutionData: true, destinations: [] };
  await refuses(
    'CreateStateMachine', { name: 'machines-log', definition: pass, roleArn, loggingConfiguration },
    'InvalidLoggingConfiguration', 'Invalid Logging Configuration: Must specify exactly one Log Destination.',
  );
});

test('the list of machines has pages, which a token opens and no other text', async () => {
  const made = new Set();
  for (const letter of 'abc') made.add(await createMachine(`machines-page-${letter}`, pass));
  const listed = [];
  for await (const page of paginateListStateMachines({ client, pageSize: 2 }, {})) {
    assert.ok(page.stateMachines.length <= 2);
    listed.push(...page.stateMachines);
  }
  const found = listed.filter(({ stateMachineArn }) => made.has(stateMachineArn));
  assert.deepEqual(found.map(({ name }) => name), ['machines-page-a', 'machines-page-b', 'machines-page-c']);
  assert.ok(found.every(({ type, creationDate }) => type === 'STANDARD' && creationDate instanceof Date));
  assert.equal(new Set(listed.map(({ name }) => name)).size, listed.length);

  const first = await call('ListStateMachines', { maxResults: 1 });
  assert.equal(first.stateMachines.length, 1);
  const { nextToken } = first;
  await refuses('ListActivities', { nextToken }, 'InvalidToken', "Invalid Token: 'Invalid token'");
  await refuses('ListStateMachines', { nextToken: `${nextToken}x` }, 'InvalidToken', "Invalid Token: 'Invalid token'");
  await refuses(
    'ListStateMachines', { maxResults: 1001 }, 'ValidationException',
    "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: " +
      'Member must have value less than or equal to 1000',
  );
  await refuses(
    'ListStateMachines', { nextToken: 't'.repeat(1025) }, 'ValidationException',
    /at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 1024$/,
  );
});

test('tags of machines, at most fifty, and none of versions', async () => {
  const tags = [{ key: 'team', value: 'blue' }, { key: 'cost', value: '' }];
  const resourceArn = await createMachine('machines-tags', pass, { tags });
  const byKey = (list) => Object.fromEntries(list.map(({ key, value }) => [key, value]));
  const read = async () => byKey((await call('ListTagsForResource', { resourceArn })).tags);
  assert.deepEqual(await read(), { team: 'blue', cost: '' });
  await call('TagResource', { resourceArn, tags: [{ key: 'team', value: 'red' }, { key: 'stage', value: 'test' }] });
  assert.deepEqual(await read(), { team: 'red', cost: '', stage: 'test' });
  await call('UntagResource', { resourceArn, tagKeys: ['cost', 'never-there'] });
  assert.deepEqual(await read(), { team: 'red', stage: 'test' });
  const many = Array.from({ length: 49 }, (_, n) => ({ key: `k${n}`, value: 'v' }));
  await refuses('TagResource', { resourceArn, tags: many }, 'TooManyTags', /./);
  assert.deepEqual(await read(), { team: 'red', stage: 'test' });
  for (const absent of [`${resourceArn}:1`, arn('activity:machines-tags')]) {
    const message = `Resource not found: '${absent}'`;
    await refuses('TagResource', { resourceArn: absent, tags }, 'ResourceNotFound', message);
    await refuses('ListTagsForResource', { resourceArn: absent }, 'ResourceNotFound', message);
  }
});
