// Versions and aliases: publish, route by weight, start through an alias, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arn, call, createMachine, definitions, refuses } from './client.mjs';

const entry = (stateMachineVersionArn, weight) => ({ stateMachineVersionArn, weight });

async function publishTwo(name) {
  const stateMachineArn = await createMachine(name, definitions.greet('one'));
  await call('PublishStateMachineVersion', { stateMachineArn, description: 'the first' });
  const update = { stateMachineArn, definition: definitions.greet('two'), publish: true, versionDescription: 'second' };
  await call('UpdateStateMachine', update);
  return { stateMachineArn, versions: [`${stateMachineArn}:1`, `${stateMachineArn}:2`] };
}

test('versions are numbered, listed newest first, and keep their definition', async () => {
  const { stateMachineArn, versions } = await publishTwo('versions-one');
  const { stateMachineVersions } = await call('ListStateMachineVersions', { stateMachineArn });
  assert.deepEqual(stateMachineVersions.map((version) => version.stateMachineVersionArn), versions.toReversed());
  const page = await call('ListStateMachineVersions', { stateMachineArn, maxResults: 1 });
  const { nextToken } = page;
  const rest = await call('ListStateMachineVersions', { stateMachineArn, maxResults: 1, nextToken });
  assert.deepEqual(rest.stateMachineVersions.map((version) => version.stateMachineVersionArn), [versions[0]]);
  assert.equal(rest.nextToken, undefined);

  const first = await call('DescribeStateMachine', { stateMachineArn: versions[0] });
  assert.equal(first.description, 'the first');
  assert.equal(first.definition, definitions.greet('one'));
  // The same revision once more is the same version.
  const again = await call('PublishStateMachineVersion', { stateMachineArn, description: 'second' });
  assert.equal(again.stateMachineVersionArn, versions[1]);
  const { revisionId } = await call('DescribeStateMachine', { stateMachineArn });
  await refuses(
    'PublishStateMachineVersion', { stateMachineArn, revisionId: 'another' }, 'ConflictException',
    'Failed to publish the State Machine version for revision another. The current State Machine revision is ' +
      `${revisionId}.`,
  );
  const absent = `${stateMachineArn}:9`;
  await refuses(
    'DescribeStateMachine', { stateMachineArn: absent },
    'StateMachineDoesNotExist', `State Machine Does Not Exist: '${absent}'`,
  );
});

test('an alias routes executions by weight', async () => {
  const { stateMachineArn, versions } = await publishTwo('versions-alias');
  const routingConfiguration = [entry(versions[0], 0), entry(versions[1], 100)];
  const made = await call('CreateStateMachineAlias', { name: 'live', description: 'now', routingConfiguration });
  const { stateMachineAliasArn } = made;
  assert.equal(stateMachineAliasArn, `${stateMachineArn}:live`);
  const alias = await call('DescribeStateMachineAlias', { stateMachineAliasArn });
  assert.deepEqual(
    [alias.name, alias.description, alias.routingConfiguration, alias.creationDate],
    ['live', 'now', routingConfiguration, made.creationDate],
  );

  const start = async () => {
    const { executionArn } = await call('StartExecution', { stateMachineArn: stateMachineAliasArn });
    return call('DescribeExecution', { executionArn });
  };
  const second = await start();
  assert.equal(second.output, '"two"');
  assert.equal(second.stateMachineArn, stateMachineArn);
  assert.equal(second.stateMachineAliasArn, stateMachineAliasArn);
  assert.equal(second.stateMachineVersionArn, versions[1]);

  await call('UpdateStateMachineAlias', { stateMachineAliasArn, routingConfiguration: [entry(versions[0], 100)] });
  assert.equal((await start()).output, '"one"');
  // Half and half: neither version is left out of forty starts, but for one time in 5 * 10^11.
  const halves = [entry(versions[0], 50), entry(versions[1], 50)];
  await call('UpdateStateMachineAlias', { stateMachineAliasArn, routingConfiguration: halves });
  const outputs = await Promise.all(Array.from({ length: 40 }, async () => (await start()).output));
  assert.deepEqual([...new Set(outputs)].sort(), ['"one"', '"two"']);

  const of = async (qualified) => (await call('ListExecutions', { stateMachineArn: qualified })).executions.length;
  assert.equal(await of(stateMachineAliasArn), 42);
  assert.equal((await of(versions[0])) + (await of(versions[1])), 42);
});

test('aliases are listed, and hold their versions until they are deleted', async () => {
  const { stateMachineArn, versions } = await publishTwo('versions-held');
  const only = (version) => [entry(version, 100)];
  const live = await call('CreateStateMachineAlias', { name: 'live', routingConfiguration: only(versions[0]) });
  const next = await call('CreateStateMachineAlias', { name: 'next', routingConfiguration: only(versions[1]) });
  const names = async (qualified) => {
    const { stateMachineAliases } = await call('ListStateMachineAliases', { stateMachineArn: qualified });
    return stateMachineAliases.map((alias) => alias.stateMachineAliasArn);
  };
  assert.deepEqual(await names(stateMachineArn), [live.stateMachineAliasArn, next.stateMachineAliasArn]);
  assert.deepEqual(await names(versions[1]), [next.stateMachineAliasArn]);
  await refuses(
    'ListStateMachineAliases', { stateMachineArn, nextToken: 'wrong' }, 'InvalidToken', "Invalid Token: 'Invalid token'",
  );
  await refuses(
    'DeleteStateMachineVersion', { stateMachineVersionArn: versions[0] }, 'ConflictException',
    'Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]',
  );
  await refuses(
    'CreateStateMachineAlias', { name: 'live', routingConfiguration: only(versions[1]) }, 'ConflictException',
    'Failed to create alias because an alias with the same name and a different routing configuration already exists.',
  );
  await call('DeleteStateMachineAlias', { stateMachineAliasArn: live.stateMachineAliasArn });
  await call('DeleteStateMachineVersion', { stateMachineVersionArn: versions[0] });
  const { stateMachineVersions } = await call('ListStateMachineVersions', { stateMachineArn });
  assert.deepEqual(stateMachineVersions.map((version) => version.stateMachineVersionArn), [versions[1]]);
  for (const operation of ['DescribeStateMachineAlias', 'UpdateStateMachineAlias']) {
    const input = { stateMachineAliasArn: live.stateMachineAliasArn, description: 'gone' };
    await refuses(operation, input, 'ResourceNotFound', 'Request references a resource that does not exist.');
  }
});

test('routes that make no sense are refused in the words of AWS', async () => {
  const { stateMachineArn, versions: [one, two] } = await publishTwo('versions-routes');
  for (const [routingConfiguration, message] of [
    [[entry(one, 70), entry(two, 29)], 'Sum of routing configuration weights must equal 100. Received: [70, 29]'],
    [[entry(one, 50), entry(one, 50)],
      `Routing configuration must contain distinct state machine version ARNs. Received: [${one}, ${one}]`],
    [[entry(stateMachineArn, 100)],
      `Routing configuration must contain state machine version ARNs. Received: [${stateMachineArn}]`],
    [[entry(one, 101)],
      "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy " +
        'constraint: Member must have value less than or equal to 100'],
  ]) {
    await refuses('CreateStateMachineAlias', { name: 'live', routingConfiguration }, 'ValidationException', message);
  }
  await refuses(
    'CreateStateMachineAlias', { name: '123', routingConfiguration: [entry(one, 100)] }, 'ValidationException',
    "1 validation error detected: Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular " +
      'expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$',
  );
  await refuses(
    'CreateStateMachineAlias', { name: 'live', routingConfiguration: [entry(arn('stateMachine:none:1'), 100)] },
    'ResourceNotFound', 'Request references a resource that does not exist.',
  );
});
