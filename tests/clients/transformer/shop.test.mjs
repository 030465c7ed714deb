// An application of the AWS CDK, synthesized and run: what each of its assets is for works.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../lib/server.mjs';

const { Url, Key } = describe().outputs;

async function ask(query) {
  const answer = await fetch(Url, { method: 'POST', headers: { 'x-api-key': Key }, body: JSON.stringify({ query }) });
  return answer.json();
}

test('resolvers from files reach the global table in the nested stack', async () => {
  const item = { id: 'tea', name: 'Tea', label: null };
  const put = await ask('mutation { putItem(id: "tea", name: "Tea") { id name label } }');
  assert.deepEqual(put, { data: { putItem: item } });
  assert.deepEqual(await ask('{ item(id: "tea") { id name label } }'), { data: { item } });
});

test('a function of the nested stack runs from its folder', async () => {
  assert.deepEqual(await ask('{ shout(text: "hey") }'), { data: { shout: 'HEY' } });
});

test('a state machine runs from its file, with what is substituted in it', async () => {
  assert.deepEqual(await ask('mutation { review(id: "tea") }'), { data: { review: 'tea is fine' } });
});
