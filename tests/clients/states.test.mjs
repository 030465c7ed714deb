// AWS SDK for JavaScript v3, unmodified, drives every operation of Step Functions: its answers and its exceptions. The
// tests stand beside each other in `states/`; the last one compares what they drove with what the SDK can send.
import { test } from 'node:test';
import { assertAllDriven } from './states/client.mjs';
import './states/machines.mjs';
import './states/versions.mjs';
import './states/executions.mjs';
import './states/tasks.mjs';
import './states/map-runs.mjs';
import './states/language.mjs';

test('every operation that the SDK knows has been driven', assertAllDriven);
