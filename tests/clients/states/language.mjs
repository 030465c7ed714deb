// The operations that try a definition without an execution: ValidateStateMachineDefinition and TestState.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, definitions, refuses, roleArn } from './client.mjs';

const { machine } = definitions;

test('a definition is judged, with what is wrong and where', async () => {
  assert.deepEqual(await call('ValidateStateMachineDefinition', { definition: definitions.pass }), {
    result: 'OK', diagnostics: [], truncated: false,
  });
  const broken = machine('A', { A: { Type: 'Pass', Next: 'Nowhere' }, B: { Type: 'Pas', End: true } });
  const { result, diagnostics } = await call('ValidateStateMachineDefinition', { definition: broken });
  assert.equal(result, 'FAIL');
  const found = diagnostics.map(({ severity, code, location }) => [severity, code, location]);
  assert.ok(found.some(([severity, , location]) => severity === 'ERROR' && location === '/States/B/Type'), `${found}`);
  const one = await call('ValidateStateMachineDefinition', { definition: '{}', maxResults: 1 });
  assert.deepEqual(one.diagnostics, [{
    severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message: 'These fields are required: [States, StartAt]', location: '/',
  }]);
  await refuses(
    'ValidateStateMachineDefinition', { definition: definitions.pass, type: 'FAST' }, 'ValidationException',
    /at 'type' failed to satisfy constraint: Member must satisfy enum value set/,
  );
});

test('a state is tried: output, next state, inspection', async () => {
  const definition = JSON.stringify({ Type: 'Pass', Parameters: { 'sum.$': 'States.MathAdd($.a, 1)' }, Next: 'After' });
  const tried = await call('TestState', { definition, input: '{"a": 2}', inspectionLevel: 'DEBUG' });
  assert.deepEqual([tried.status, tried.output, tried.nextState], ['SUCCEEDED', '{"sum":3}', 'After']);
  assert.equal(tried.inspectionData.input, '{"a": 2}');
  assert.equal(tried.inspectionData.afterParameters, '{"sum":3}');

  const failed = await call('TestState', { definition, input: '{"b": 2}' });
  assert.deepEqual([failed.status, failed.error], ['FAILED', 'States.Runtime']);

  const task = JSON.stringify({
    Type: 'Task', Resource: 'arn:aws:states:::dynamodb:getItem', Parameters: { TableName: 't', Key: {} }, End: true,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rescue' }],
  });
  const mock = { errorOutput: { error: 'Sour', cause: 'milk' } };
  const caught = await call('TestState', { definition: task, roleArn, mock });
  assert.deepEqual([caught.status, caught.error, caught.nextState], ['CAUGHT_ERROR', 'Sour', 'Rescue']);
});

test('a trial that makes no sense is refused in the words of AWS', async () => {
  const pass = JSON.stringify({ Type: 'Pass', End: true });
  const mock = { result: '{}' };
  await refuses(
    'TestState', { definition: pass, mock }, 'ValidationException',
    "State type 'Pass' is not supported when a mock is specified",
  );
  await refuses(
    'TestState', { definition: definitions.pass, stateName: 'Q' }, 'ValidationException', 'State not found in definition',
  );
  await refuses(
    'TestState', { definition: pass, input: 'not some json' }, 'InvalidExecutionInput',
    /^Invalid State Machine Execution Input: 'Unrecognized token 'not'/,
  );
  await refuses(
    'TestState', { definition: pass, input: JSON.stringify('i'.repeat(262_143)) }, 'ValidationException',
    /at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144$/,
  );
  await refuses(
    'TestState', { definition: '{"Type": "Pas"}' }, 'InvalidDefinition',
    /^Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: /,
  );
});
