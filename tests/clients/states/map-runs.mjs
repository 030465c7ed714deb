// Map runs of distributed Maps: list, describe, change while they run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, createMachine, definitions, refuses } from './client.mjs';

test('a map run is listed, described and changed while its children wait', async () => {
  const children = JSON.parse(definitions.wait);
  const ItemProcessor = { ...children, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
  const definition = definitions.machine('M', { M: { Type: 'Map', ItemProcessor, End: true } });
  const stateMachineArn = await createMachine('map-runs', definition);
  const { executionArn } = await call('StartExecution', { stateMachineArn, input: '[1, 2]' });
  const { mapRuns: [run] } = await call('ListMapRuns', { executionArn });
  assert.equal(run.executionArn, executionArn);
  const { mapRunArn } = run;
  await call('UpdateMapRun', { mapRunArn, maxConcurrency: 5 });
  const described = await call('DescribeMapRun', { mapRunArn });
  assert.deepEqual([described.status, described.maxConcurrency, described.itemCounts.total], ['RUNNING', 5, 2]);
  await call('StopExecution', { executionArn });
  await refuses('DescribeMapRun', { mapRunArn: 'no_arn' }, 'InvalidArn', "Invalid Arn: 'Invalid ARN prefix: no_arn'");
});
