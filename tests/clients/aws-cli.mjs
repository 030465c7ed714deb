// The AWS CLI alone makes an API, from nothing to a served query. The first argument is the `aws` to run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './lib/server.mjs';

const [aws] = process.argv.slice(2);
if (!aws) throw new Error('the first argument is the aws command');
const server = await startServer();
const folder = mkdtempSync(join(tmpdir(), 'stepwell-aws-cli-'));
const file = (name, text) => (writeFileSync(join(folder, name), text), `file://${join(folder, name)}`);

// `aws appsync ...`: what it prints, as JSON where it is.
async function appsync(...args) {
  const child = spawn(aws, ['appsync', ...args, '--endpoint-url', server.http, '--region', server.region, '--output', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, AWS_SHARED_CREDENTIALS_FILE: join(server.data, 'credentials'), AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  console.log(`aws appsync ${args[0]}: ${code}`);
  if (code !== 0) throw new Error(err.trim());
  return out.trim() === '' ? undefined : JSON.parse(out);
}

try {
  const { graphqlApi } = await appsync('create-graphql-api', '--name', 'cli', '--authentication-type', 'API_KEY');
  const api = ['--api-id', graphqlApi.apiId];
  const { apiKey } = await appsync('create-api-key', ...api);
  const sdl = 'type Query { hello(name: String): String  note(id: ID!): Note }\ntype Mutation { putNote(id: ID!, text: String): Note }\ntype Note { id: ID!  text: String }\n';
  await appsync('start-schema-creation', ...api, '--definition', file('schema.graphql', sdl).replace('file', 'fileb'));
  assert.equal((await appsync('get-schema-creation-status', ...api)).status, 'SUCCESS');

  await appsync('create-data-source', ...api, '--name', 'none', '--type', 'NONE');
  await appsync('create-data-source', ...api, '--name', 'notes', '--type', 'AMAZON_DYNAMODB',
    '--service-role-arn', 'arn:aws:iam::000000000000:role/x',
    '--dynamodb-config', `tableName=stepwell-orders,awsRegion=${server.region}`);
  const code = file('hello.js', 'export const request = (ctx) => ({ payload: `Hello ${ctx.args.name}` });\nexport const response = (ctx) => ctx.result;\n');
  await appsync('create-resolver', ...api, '--type-name', 'Query', '--field-name', 'hello', '--data-source-name', 'none',
    '--runtime', 'name=APPSYNC_JS,runtimeVersion=1.0.0', '--code', code);
  const response = file('response.vtl', '$util.toJson($ctx.result)');
  await appsync('create-resolver', ...api, '--type-name', 'Query', '--field-name', 'note', '--data-source-name', 'notes',
    '--request-mapping-template', file('get.vtl', '{"version": "2018-05-29", "operation": "GetItem", "key": {"id": $util.dynamodb.toDynamoDBJson($ctx.args.id)}}'),
    '--response-mapping-template', response);
  const { functionConfiguration } = await appsync('create-function', ...api, '--name', 'put', '--data-source-name', 'notes',
    '--function-version', '2018-05-29',
    '--request-mapping-template', file('put.vtl', '{"version": "2018-05-29", "operation": "PutItem", "key": {"id": $util.dynamodb.toDynamoDBJson($ctx.args.id)}, "attributeValues": {"text": $util.dynamodb.toDynamoDBJson($ctx.args.text)}}'),
    '--response-mapping-template', response);
  await appsync('create-resolver', ...api, '--type-name', 'Mutation', '--field-name', 'putNote', '--kind', 'PIPELINE',
    '--pipeline-config', `functions=${functionConfiguration.functionId}`,
    '--request-mapping-template', '{}', '--response-mapping-template', '$util.toJson($ctx.prev.result)');

  const query = async (text) => {
    const answer = await fetch(graphqlApi.uris.GRAPHQL, { method: 'POST', headers: { 'x-api-key': apiKey.id }, body: JSON.stringify({ query: text }) });
    return answer.json();
  };
  assert.deepEqual(await query('{ hello(name: "CLI") }'), { data: { hello: 'Hello CLI' } });
  assert.deepEqual(await query('mutation { putNote(id: "cli", text: "kept") { text } }'), { data: { putNote: { text: 'kept' } } });
  assert.deepEqual(await query('{ note(id: "cli") { id text } }'), { data: { note: { id: 'cli', text: 'kept' } } });

  const listed = await appsync('list-resolvers', ...api, '--type-name', 'Query');
  assert.deepEqual(listed.resolvers.map(({ fieldName }) => fieldName), ['hello', 'note']);
  const out = join(folder, 'out.graphql');
  await appsync('get-introspection-schema', ...api, '--format', 'SDL', out);
  assert.match(readFileSync(out, 'utf8'), /putNote\(id: ID!, text: String\): Note/);
  const evaluated = await appsync('evaluate-code', '--runtime', 'name=APPSYNC_JS,runtimeVersion=1.0.0', '--code', code,
    '--context', '{"arguments": {"name": "x"}}', '--function', 'request');
  assert.deepEqual(JSON.parse(evaluated.evaluationResult), { payload: 'Hello x' });
  await appsync('tag-resource', '--resource-arn', graphqlApi.arn, '--tags', 'made=here');
  assert.deepEqual((await appsync('list-tags-for-resource', '--resource-arn', graphqlApi.arn)).tags, { made: 'here' });
  await appsync('untag-resource', '--resource-arn', graphqlApi.arn, '--tag-keys', 'made');

  await assert.rejects(appsync('get-graphql-api', '--api-id', 'none'), /\(NotFoundException\).*GraphQL API none not found\./);
  await assert.rejects(
    appsync('create-function', ...api, '--name', 'bad', '--data-source-name', 'none', '--runtime', 'name=APPSYNC_JS,runtimeVersion=1.0.0', '--code', 'throw 1'),
    /\(BadRequestException\).*The code contains one or more errors\./,
  );
  const modes = 'authType=API_KEY';
  const eventApi = await appsync('create-api', '--name', 'cli', '--event-config',
    `authProviders=[{${modes}}],connectionAuthModes=[{${modes}}],defaultPublishAuthModes=[{${modes}}],defaultSubscribeAuthModes=[{${modes}}]`);
  const { channelNamespace } = await appsync('create-channel-namespace', '--api-id', eventApi.api.apiId, '--name', 'rooms');
  assert.equal(channelNamespace.channelNamespaceArn, `${eventApi.api.apiArn}/channelNamespace/rooms`);
  await appsync('delete-api', '--api-id', eventApi.api.apiId);
  await appsync('delete-graphql-api', ...api);
  assert.equal((await fetch(graphqlApi.uris.GRAPHQL, { method: 'POST' })).status, 404);
  console.log('an API was made, served and deleted by the AWS CLI alone');
} finally {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
}
