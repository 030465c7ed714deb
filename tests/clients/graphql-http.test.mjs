// The audits of graphql-http for servers of the GraphQL over HTTP specification, against /graphql. What the specification
// demands (MUST) is met. What AppSync itself does otherwise is listed here, each with the reason; a line too many is as
// wrong as one too few.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { describe } from './lib/server.mjs';

const server = describe();

const MEDIA_TYPE = 'AppSync answers application/json, whatever is accepted';
const STATUS = 'AppSync answers a document that cannot be run with 200 and errors, whatever is accepted';
const EXTENSIONS = 'AppSync knows no `extensions` of a request and ignores them [K]';
const DATA = 'AppSync answers a document that cannot be run with `data: null`';

const CONTRADICTIONS = {
  '22EB': MEDIA_TYPE,
  '9ABE': 'AppSync reads JSON whatever the content type says: its own guide sends application/graphql',
  '9C48': 'AppSync runs mutations of a GET, as its team says (graphql/graphql-over-http#81)',
  '58B0': EXTENSIONS,
  '58B1': EXTENSIONS,
  '58B2': EXTENSIONS,
  '58B3': EXTENSIONS,
  '865D': STATUS,
  '556A': STATUS,
  D586: DATA,
  '51FE': STATUS,
  '74FF': STATUS,
  '5E5B': DATA,
  '86EE': STATUS,
};

const audits = serverAudits({
  url: server.graphql,
  fetchFn: (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, 'x-api-key': server.apiKey } }),
});

test('the audits of graphql-http, but for what AppSync contradicts', async (t) => {
  const failed = {};
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status !== 'ok') failed[audit.id] = `${audit.name}: ${result.reason}`;
  }
  for (const [id, what] of Object.entries(failed)) t.diagnostic(`${id} ${what}. ${CONTRADICTIONS[id] ?? '?'}`);
  t.diagnostic(`${audits.length - Object.keys(failed).length} of ${audits.length} audits pass`);
  assert.deepEqual(Object.keys(failed).sort(), Object.keys(CONTRADICTIONS).sort());
  assert.ok(!Object.values(failed).some((what) => what.startsWith('MUST ')), 'no MUST is among them');
});
