// AppSync's management API through the AWS SDK for JavaScript v3, unmodified: every operation that stepwell has, in the
// order in which an application is made, and what is served afterwards.
//
// Names of exceptions are those of AppSync's API reference. Of their texts only `No schema definition exists.` is quoted from
// AWS; the others, the statuses that associations answer before a merge is done, and the address of an Event API in `dns`
// are our choice [M].
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import * as appsync from '@aws-sdk/client-appsync';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import WebSocket from 'ws';
import { Inbox } from './lib/inbox.mjs';
import { connect } from './lib/realtime.mjs';
import { startServer } from './lib/server.mjs';
import { tokensOf } from './lib/tokens.mjs';

const SCHEMA = `
type Query { note(id: ID!): Note @aws_api_key @aws_iam  echo(text: String): String  old: String  env: String }
type Mutation { putNote(id: ID!, text: String): Note @aws_api_key }
type Subscription { onPutNote: Note @aws_subscribe(mutations: ["putNote"]) }
type Note @aws_api_key @aws_iam { id: ID!  text: String }
`;
const runtime = { name: 'APPSYNC_JS', runtimeVersion: '1.0.0' };
const ECHO = (word) => `
export function request(ctx) { return { payload: '${word} ' + ctx.args.text } }
export function response(ctx) { return ctx.result }`;

let server;
let client;
const called = new Set();
const answered = (answer) => Object.fromEntries(Object.entries(answer).filter(([name]) => name !== '$metadata'));

// Performs an operation and keeps its name.
async function call(name, input = {}) {
  called.add(name);
  return answered(await client.send(new appsync[`${name}Command`](input)));
}
const refused = (name, input, error) => assert.rejects(call(name, input), error);

async function query(api, text, variables, headers) {
  const answer = await fetch(api.url, {
    method: 'POST', headers: headers ?? { 'x-api-key': api.key }, body: JSON.stringify({ query: text, variables }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

const upload = (apiId, sdl) => call('StartSchemaCreation', { apiId, definition: Buffer.from(sdl) });

// An API with an API key, a schema and a data source without anything behind it.
async function makeApi(name) {
  const { graphqlApi } = await call('CreateGraphqlApi', { name, authenticationType: 'API_KEY' });
  const { apiId, uris } = graphqlApi;
  const { apiKey } = await call('CreateApiKey', { apiId });
  assert.deepEqual(await upload(apiId, SCHEMA), { status: 'PROCESSING' });
  await call('CreateDataSource', { apiId, name: 'none', type: 'NONE' });
  return { apiId, url: uris.GRAPHQL, key: apiKey.id };
}

before(async () => {
  server = await startServer();
  client = new appsync.AppSyncClient({
    endpoint: server.http, region: server.region, credentials: server.credentials, maxAttempts: 1,
  });
});
after(async () => {
  client.destroy();
  await server.stop();
});

test('an API is made, described, changed, listed and deleted', async () => {
  const { graphqlApi } = await call('CreateGraphqlApi', {
    name: 'first', authenticationType: 'API_KEY', tags: { team: 'a' }, queryDepthLimit: 5,
    additionalAuthenticationProviders: [{ authenticationType: 'AWS_IAM' }],
  });
  const { apiId, arn, uris, dns } = graphqlApi;
  assert.match(apiId, /^[a-z0-9]{26}$/);
  assert.equal(arn, `arn:aws:appsync:${server.region}:${server.account}:apis/${apiId}`);
  assert.equal(uris.GRAPHQL, `${server.http}/apis/${apiId}/graphql`);
  assert.equal(uris.REALTIME, `${server.http.replace('http', 'ws')}/apis/${apiId}/graphql/realtime`);
  assert.equal(dns.GRAPHQL, new URL(server.http).host);
  assert.deepEqual(graphqlApi, {
    apiId, arn, uris, dns, name: 'first', authenticationType: 'API_KEY', tags: { team: 'a' }, queryDepthLimit: 5,
    additionalAuthenticationProviders: [{ authenticationType: 'AWS_IAM' }], xrayEnabled: false, visibility: 'GLOBAL',
    apiType: 'GRAPHQL', owner: server.account, introspectionConfig: 'ENABLED', resolverCountLimit: 0,
  });
  assert.deepEqual(await call('GetGraphqlApi', { apiId }), { graphqlApi });
  const { graphqlApi: updated } = await call('UpdateGraphqlApi', { apiId, name: 'second', authenticationType: 'AWS_IAM' });
  assert.deepEqual([updated.name, updated.authenticationType, updated.queryDepthLimit, updated.tags], ['second', 'AWS_IAM', 0, { team: 'a' }]);

  await call('TagResource', { resourceArn: arn, tags: { stage: 'test' } });
  await call('UntagResource', { resourceArn: arn, tagKeys: ['team'] });
  assert.deepEqual(await call('ListTagsForResource', { resourceArn: arn }), { tags: { stage: 'test' } });

  const { environmentVariables } = await call('PutGraphqlApiEnvironmentVariables', { apiId, environmentVariables: { STAGE: 'test' } });
  assert.deepEqual(environmentVariables, { STAGE: 'test' });
  assert.deepEqual(await call('GetGraphqlApiEnvironmentVariables', { apiId }), { environmentVariables });
  await refused('PutGraphqlApiEnvironmentVariables', { apiId, environmentVariables: { '1': 'x' } }, { name: 'BadRequestException' });

  const all = [];
  for await (const page of appsync.paginateListGraphqlApis({ client, pageSize: 1 }, {})) all.push(...page.graphqlApis);
  assert.ok(all.some(({ name }) => name === 'second'));
  assert.equal(all.length, 2, 'the API of the template and this one');

  await call('DeleteGraphqlApi', { apiId });
  await refused('GetGraphqlApi', { apiId }, { name: 'NotFoundException', message: `GraphQL API ${apiId} not found.` });
  await refused('CreateGraphqlApi', { name: 'x', authenticationType: 'NONE' }, { name: 'BadRequestException' });
  await refused('CreateGraphqlApi', { name: 'x', authenticationType: 'AMAZON_COGNITO_USER_POOLS' }, { name: 'BadRequestException' });
});

test('an API of the template is read and not changed', async () => {
  const { graphqlApis } = await call('ListGraphqlApis');
  const mine = graphqlApis.find(({ apiId }) => server.apis.some(({ id }) => id === apiId));
  const { apiId } = mine;
  const { resolvers } = await call('ListResolvers', { apiId, typeName: 'Mutation' });
  assert.ok(resolvers.some(({ fieldName, kind }) => fieldName === 'placeOrder' && kind === 'PIPELINE'));
  const { resolver } = await call('GetResolver', { apiId, typeName: 'Mutation', fieldName: 'placeOrder' });
  assert.equal(resolver.pipelineConfig.functions.length, 2);
  const { functionConfiguration } = await call('GetFunction', { apiId, functionId: resolver.pipelineConfig.functions[0] });
  assert.match(functionConfiguration.code, /export function request/);
  assert.ok((await call('ListDataSources', { apiId })).dataSources.some(({ type }) => type === 'AMAZON_DYNAMODB'));
  assert.equal((await call('ListApiKeys', { apiId })).apiKeys[0].id, server.apiKey);
  assert.equal((await call('GetSchemaCreationStatus', { apiId })).status, 'SUCCESS');
  const edit = { name: 'ConflictException', message: /edit the template/ };
  await refused('DeleteGraphqlApi', { apiId }, edit);
  await refused('DeleteResolver', { apiId, typeName: 'Mutation', fieldName: 'placeOrder' }, edit);
  await refused('CreateApiKey', { apiId }, edit);
});

test('schemas are served, refused and introspected, whole and type by type', async () => {
  const { graphqlApi: { apiId, uris } } = await call('CreateGraphqlApi', { name: 'schemas', authenticationType: 'API_KEY' });
  const { apiKey } = await call('CreateApiKey', { apiId });
  const api = { url: uris.GRAPHQL, key: apiKey.id };
  assert.deepEqual(await call('GetSchemaCreationStatus', { apiId }), { status: 'NOT_APPLICABLE' });
  await refused('GetIntrospectionSchema', { apiId, format: 'SDL' }, { name: 'GraphQLSchemaException' });
  assert.deepEqual(await query(api, '{ a }'), {
    status: 502, errors: [{ errorType: 'GraphQLSchemaException', message: 'No schema definition exists.' }],
    message: 'No schema definition exists.',
  });
  assert.equal((await query({ ...api, key: 'da2-x' }, '{ a }')).status, 401);

  for (const [sdl, details] of [
    ['type Query {', /^Failed to parse schema document - ensure it's a valid SDL-formatted document\.$/],
    ['type Query { a: Missing }', /^Found 1 problem\(s\) with the schema:\n.*Missing.* \[@1:17\]$/],
    ['type Query { a: ID } type Subscription { b: ID @aws_subscribe(mutations: ["none"]) }', /none/],
  ]) {
    await upload(apiId, sdl);
    const status = await call('GetSchemaCreationStatus', { apiId });
    assert.equal(status.status, 'FAILED');
    assert.match(status.details, details);
  }
  await upload(apiId, SCHEMA);
  assert.deepEqual(await call('GetSchemaCreationStatus', { apiId }), { status: 'SUCCESS', details: 'Successfully created schema with 4 types.' });
  assert.deepEqual((await query(api, '{ echo }')).data, { echo: null });

  const schema = async (input) => Buffer.from((await call('GetIntrospectionSchema', { apiId, ...input })).schema).toString();
  assert.match(await schema({ format: 'SDL' }), /@aws_subscribe\(mutations: \["putNote"\]\)/);
  assert.doesNotMatch(await schema({ format: 'SDL', includeDirectives: false }), /@/);
  const { data } = JSON.parse(await schema({ format: 'JSON' }));
  assert.equal(data.__schema.queryType.name, 'Query');
  assert.ok(data.__schema.directives.some(({ name }) => name === 'aws_subscribe'));
  assert.deepEqual(JSON.parse(await schema({ format: 'JSON', includeDirectives: false })).data.__schema.directives, []);

  const { type } = await call('CreateType', { apiId, format: 'SDL', definition: '"Hue." enum Colour { RED GREEN }' });
  assert.deepEqual([type.name, type.description, type.format], ['Colour', 'Hue.', 'SDL']);
  assert.equal(type.arn, `arn:aws:appsync:${server.region}:${server.account}:apis/${apiId}/types/Colour`);
  await refused('CreateType', { apiId, format: 'SDL', definition: 'enum Colour { RED }' }, { name: 'BadRequestException' });
  await call('UpdateType', { apiId, typeName: 'Query', format: 'SDL', definition: 'type Query { colour: Colour }' });
  assert.deepEqual((await query(api, '{ colour }')).data, { colour: null });
  const { type: described } = await call('GetType', { apiId, typeName: 'Colour', format: 'JSON' });
  assert.deepEqual(JSON.parse(described.definition).enumValues.map(({ name }) => name), ['RED', 'GREEN']);
  await call('DeleteType', { apiId, typeName: 'Note' }).catch(({ name }) => assert.equal(name, 'BadRequestException', 'it is used'));
  const { type: blue } = await call('UpdateType', {
    apiId, typeName: 'Colour', format: 'JSON', definition: described.definition.replace('"GREEN"', '"BLUE"'),
  });
  assert.deepEqual(JSON.parse(blue.definition).enumValues.map(({ name }) => name), ['RED', 'BLUE']);
  const { types, nextToken } = await call('ListTypes', { apiId, format: 'SDL', maxResults: 2 });
  assert.deepEqual(types.map(({ name }) => name), ['Colour', 'Mutation']);
  assert.equal((await call('ListTypes', { apiId, format: 'SDL', nextToken })).types.length, 3);
  await refused('DeleteType', { apiId, typeName: 'Colour' }, { name: 'BadRequestException' });
  await call('DeleteType', { apiId, typeName: 'Subscription' });
  await refused('GetType', { apiId, typeName: 'Subscription', format: 'SDL' }, { name: 'NotFoundException' });
});

test('resolvers in both languages over a table, and a subscription that stays open across their change', async () => {
  const api = await makeApi('notes');
  const { apiId } = api;
  const region = server.region;
  const { dataSource } = await call('CreateDataSource', {
    apiId, name: 'orders', type: 'AMAZON_DYNAMODB', serviceRoleArn: 'arn:aws:iam::000000000000:role/x',
    dynamodbConfig: { tableName: server.outputs.OrdersTable ?? 'stepwell-orders', awsRegion: region },
  });
  assert.equal(dataSource.dataSourceArn, `arn:aws:appsync:${region}:${server.account}:apis/${apiId}/datasources/orders`);
  await refused('CreateDataSource', { apiId, name: 'none', type: 'NONE' }, { name: 'BadRequestException', message: 'Data source with name none already exists' });
  await refused('CreateDataSource', { apiId, name: 'x', type: 'HTTP' }, { name: 'BadRequestException' });
  assert.deepEqual(await call('GetDataSource', { apiId, name: 'orders' }), { dataSource });

  const put = { apiId, name: 'putNote', dataSourceName: 'orders', functionVersion: '2018-05-29' };
  const templates = {
    requestMappingTemplate: `{ "version": "2018-05-29", "operation": "PutItem", "key": { "id": $util.dynamodb.toDynamoDBJson($ctx.args.id) },
      "attributeValues": { "text": $util.dynamodb.toDynamoDBJson($ctx.args.text) } }`,
    responseMappingTemplate: '$util.toJson($ctx.result)',
  };
  const { functionConfiguration } = await call('CreateFunction', { ...put, ...templates });
  const { functionId } = functionConfiguration;
  assert.match(functionId, /^[a-z0-9]{26}$/);
  assert.equal(functionConfiguration.maxBatchSize, 0);
  const pipeline = {
    apiId, typeName: 'Mutation', fieldName: 'putNote', kind: 'PIPELINE', pipelineConfig: { functions: [functionId] },
    requestMappingTemplate: '{}', responseMappingTemplate: '$util.toJson($ctx.prev.result)',
  };
  const { resolver } = await call('CreateResolver', pipeline);
  assert.equal(resolver.resolverArn, `arn:aws:appsync:${region}:${server.account}:apis/${apiId}/types/Mutation/resolvers/putNote`);
  const { resolver: unit } = await call('CreateResolver', {
    apiId, typeName: 'Query', fieldName: 'note', dataSourceName: 'orders', runtime,
    code: `import { get } from '@aws-appsync/utils/dynamodb';
      export const request = (ctx) => get({ key: { id: ctx.args.id } });
      export const response = (ctx) => ctx.result;`,
  });
  assert.deepEqual([unit.kind, unit.maxBatchSize, unit.runtime], ['UNIT', 0, runtime]);

  const credentials = { host: new URL(api.url).host, 'x-api-key': api.key };
  const socket = await connect({ graphql: api.url }, credentials);
  socket.send({ type: 'connection_init' });
  await socket.next('connection_ack');
  socket.start('s', 'subscription { onPutNote { id text } }');
  await socket.next('start_ack', 's');

  const heard = (text) => socket.messages.next(`the note ${text}`, ({ type, payload }) => type === 'data' && payload.data.onPutNote.text === text);
  const PUT = 'mutation Put($id: ID!, $text: String) { putNote(id: $id, text: $text) { id text } }';
  assert.deepEqual((await query(api, PUT, { id: 'n', text: 'one' })).data, { putNote: { id: 'n', text: 'one' } });
  await heard('one');
  assert.deepEqual((await query(api, '{ note(id: "n") { text } }')).data, { note: { text: 'one' } });

  const began = performance.now();
  await call('UpdateFunction', { ...put, functionId, ...templates, requestMappingTemplate: templates.requestMappingTemplate.replace('$ctx.args.text)', '"$ctx.args.text!")') });
  console.log(`UpdateFunction took ${(performance.now() - began).toFixed(1)} ms, compiling and commit included`);
  assert.deepEqual((await query(api, PUT, { id: 'n', text: 'two' })).data, { putNote: { id: 'n', text: 'two!' } });
  await heard('two!');
  await call('UpdateResolver', { ...pipeline, responseMappingTemplate: '#set($ctx.prev.result.text = "changed")$util.toJson($ctx.prev.result)' });
  assert.equal((await query(api, PUT, { id: 'n', text: 'three' })).data.putNote.text, 'changed');
  await heard('changed');
  socket.close();

  const table = new DynamoDBClient({ endpoint: server.http, region, credentials: server.credentials });
  const { Item } = await table.send(new GetItemCommand({ TableName: dataSource.dynamodbConfig.tableName, Key: { id: { S: 'n' } } }));
  assert.deepEqual(Item.text, { S: 'three!' });
  table.destroy();

  assert.deepEqual((await call('ListFunctions', { apiId })).functions.map(({ name }) => name), ['putNote']);
  assert.deepEqual((await call('ListResolversByFunction', { apiId, functionId })).resolvers.map(({ fieldName }) => fieldName), ['putNote']);
  await refused('DeleteFunction', { apiId, functionId }, { name: 'BadRequestException', message: 'Cannot delete a function which is currently used by a resolver' });
  await refused('CreateResolver', pipeline, { name: 'BadRequestException', message: 'Only one resolver is allowed per field.' });
  await refused('CreateResolver', { ...pipeline, fieldName: 'none' }, { name: 'NotFoundException', message: 'No field named none found on type Mutation' });
  await call('DeleteResolver', { apiId, typeName: 'Mutation', fieldName: 'putNote' });
  await refused('GetResolver', { apiId, typeName: 'Mutation', fieldName: 'putNote' }, { name: 'NotFoundException', message: 'No resolver found.' });
  await call('DeleteFunction', { apiId, functionId });
  await call('DeleteResolver', { apiId, typeName: 'Query', fieldName: 'note' });
  const { dataSource: changed } = await call('UpdateDataSource', { apiId, name: 'orders', type: 'NONE', description: 'nothing' });
  assert.deepEqual([changed.type, changed.description, changed.dynamodbConfig], ['NONE', 'nothing', undefined]);
  await call('DeleteDataSource', { apiId, name: 'orders' });
});

test('code that does not compile is refused with its place, and what was served before still is', async () => {
  const api = await makeApi('broken');
  const { apiId } = api;
  const resolver = { apiId, typeName: 'Query', fieldName: 'echo', dataSourceName: 'none', runtime };
  await call('CreateResolver', { ...resolver, code: ECHO('one') });
  const error = await call('UpdateResolver', { ...resolver, code: 'export function request(ctx) {\n  throw 1\n}\nexport function response() {}' })
    .then(() => assert.fail('refused'), (error) => error);
  assert.equal(error.name, 'BadRequestException');
  assert.equal(error.message, 'The code contains one or more errors.');
  assert.equal(error.reason, 'CODE_ERROR');
  const [first] = error.detail.codeErrors;
  assert.deepEqual([first.errorType, first.location], ['UNSUPPORTED_SYNTAX_USAGE', { line: 2, column: 3, span: 7 }]);
  assert.deepEqual((await query(api, '{ echo(text: "x") }')).data, { echo: 'one x' });
  await refused('CreateFunction', { apiId, name: 'f', dataSourceName: 'none', runtime, code: 'nonsense(' }, { message: error.message });
  await refused('UpdateResolver', { ...resolver, dataSourceName: 'gone', code: ECHO('two') }, { name: 'NotFoundException', message: 'No data source found named gone' });
  await refused('CreateResolver', { ...resolver, fieldName: 'env', runtime: undefined, code: ECHO('two') }, { message: 'Code not supported when using templates.' });

  // A schema without the field takes the resolver along.
  await upload(apiId, SCHEMA.replace('echo(text: String): String', ''));
  assert.deepEqual((await call('ListResolvers', { apiId, typeName: 'Query' })).resolvers, []);
});

test('API keys end with an hour, can be prolonged, and stop working when they are deleted', async () => {
  const api = await makeApi('keys');
  const { apiId } = api;
  const now = Math.floor(Date.now() / 1000);
  const { apiKey } = await call('CreateApiKey', { apiId, description: 'a', expires: now + 30 * 86400 });
  assert.match(apiKey.id, /^da2-[a-z0-9]{26}$/);
  assert.equal(apiKey.expires, now + 30 * 86400 - ((now + 30 * 86400) % 3600));
  assert.equal(apiKey.deletes, apiKey.expires + 60 * 86400);
  const { apiKey: longer } = await call('UpdateApiKey', { apiId, id: apiKey.id, expires: now + 300 * 86400 });
  assert.deepEqual([longer.description, longer.expires > apiKey.expires], ['a', true]);
  for (const days of [0.5, 366]) {
    await refused('CreateApiKey', { apiId, expires: now + days * 86400 }, { name: 'ApiKeyValidityOutOfBoundsException' });
  }
  assert.equal((await call('ListApiKeys', { apiId })).apiKeys.length, 2);
  const asked = () => query({ ...api, key: apiKey.id }, '{ old }');
  assert.equal((await asked()).status, 200);
  await call('DeleteApiKey', { apiId, id: apiKey.id });
  assert.equal((await asked()).status, 401);
  await refused('DeleteApiKey', { apiId, id: apiKey.id }, { name: 'NotFoundException' });
});

test('a cache is made, changed, flushed and deleted', async () => {
  const api = await makeApi('cache');
  const { apiId } = api;
  await refused('GetApiCache', { apiId }, { name: 'NotFoundException' });
  const cache = { apiId, ttl: 60, apiCachingBehavior: 'PER_RESOLVER_CACHING', type: 'SMALL' };
  const { apiCache } = await call('CreateApiCache', cache);
  assert.deepEqual(apiCache, {
    ttl: 60, apiCachingBehavior: 'PER_RESOLVER_CACHING', type: 'SMALL', status: 'AVAILABLE',
    transitEncryptionEnabled: false, atRestEncryptionEnabled: false,
  });
  assert.deepEqual(await call('GetApiCache', { apiId }), { apiCache });
  assert.equal((await call('UpdateApiCache', { ...cache, ttl: 90 })).apiCache.ttl, 90);
  const { resolver } = await call('CreateResolver', {
    apiId, typeName: 'Query', fieldName: 'echo', dataSourceName: 'none', runtime,
    cachingConfig: { ttl: 60, cachingKeys: ['$context.arguments.text'] },
    code: `import { util } from '@aws-appsync/utils';
      export const request = () => ({ payload: util.autoId() });
      export const response = (ctx) => ctx.result;`,
  });
  assert.deepEqual(resolver.cachingConfig, { ttl: 60, cachingKeys: ['$context.arguments.text'] });
  const made = async (text) => (await query(api, 'query ($text: String) { echo(text: $text) }', { text })).data.echo;
  const first = await made('a');
  assert.equal(await made('a'), first);
  assert.notEqual(await made('b'), first);
  await refused('UpdateApiCache', { ...cache, ttl: 4000 }, { name: 'BadRequestException' });
  await call('FlushApiCache', { apiId });
  assert.notEqual(await made('a'), first);
  await call('DeleteApiCache', { apiId });
  await refused('FlushApiCache', { apiId }, { name: 'NotFoundException' });
});

test('a custom domain name leads to its API', async () => {
  const api = await makeApi('domains');
  const domainName = 'api.example.test';
  const certificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/abc';
  const { domainNameConfig } = await call('CreateDomainName', { domainName, certificateArn, description: 'mine' });
  assert.deepEqual([domainNameConfig.domainName, domainNameConfig.description], [domainName, 'mine']);
  assert.deepEqual((await call('GetDomainName', { domainName })).domainNameConfig, domainNameConfig);
  assert.equal((await call('UpdateDomainName', { domainName, description: 'ours' })).domainNameConfig.description, 'ours');
  assert.equal((await call('ListDomainNames')).domainNameConfigs.length, 1);
  await refused('GetApiAssociation', { domainName }, { name: 'NotFoundException' });
  const { apiAssociation } = await call('AssociateApi', { domainName, apiId: api.apiId });
  assert.deepEqual(apiAssociation, { domainName, apiId: api.apiId, associationStatus: 'SUCCESS' });
  assert.deepEqual(await call('GetApiAssociation', { domainName }), { apiAssociation });

  // fetch does not let its caller choose the host.
  const { request } = await import('node:http');
  const over = (host) => new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { host, 'x-api-key': api.key } };
    const sent = request(`${server.http}/graphql`, options, async (answer) => {
      resolve({ status: answer.statusCode, ...JSON.parse(Buffer.concat(await answer.toArray()).toString()) });
    });
    sent.on('error', reject).end(JSON.stringify({ query: '{ env }' }));
  });
  await call('CreateResolver', {
    apiId: api.apiId, typeName: 'Query', fieldName: 'env', dataSourceName: 'none', runtime,
    code: 'export const request = (ctx) => ({ payload: ctx.request.domainName });\nexport const response = (ctx) => ctx.result;',
  });
  assert.deepEqual(await over(domainName), { status: 200, data: { env: domainName } });
  await refused('DeleteGraphqlApi', { apiId: api.apiId }, { name: 'BadRequestException' });
  await refused('DeleteDomainName', { domainName }, { name: 'BadRequestException' });
  await call('DisassociateApi', { domainName });
  assert.equal((await over(domainName)).status, 401, 'the key is not one of the API of the template');
  await call('DeleteDomainName', { domainName });
  await refused('GetDomainName', { domainName }, { name: 'NotFoundException' });
});

test('code and templates are evaluated', async () => {
  const context = JSON.stringify({ arguments: { id: 'a' }, stash: { seen: 1 }, result: { n: 2 } });
  const code = `import { util } from '@aws-appsync/utils';
    export function request(ctx) { console.log('asked'); ctx.stash.more = true; util.appendError('later', 'Soft'); return { id: ctx.args.id } }
    export function response(ctx) { util.error('no', 'Hard') }`;
  const asked = await call('EvaluateCode', { runtime, code, context, function: 'request' });
  assert.deepEqual(JSON.parse(asked.evaluationResult), { id: 'a' });
  assert.deepEqual(JSON.parse(asked.stash), { seen: 1, more: true });
  assert.equal(asked.logs.length, 1);
  assert.equal(JSON.parse(asked.outErrors)[0].message, 'later');
  const failed = await call('EvaluateCode', { runtime, code, context, function: 'response' });
  assert.match(failed.error.message, /no$/);
  const { error } = await call('EvaluateCode', { runtime, code: 'export function request() { while (1) {} }', context });
  assert.equal(error.codeErrors[0].location.line, 1);
  const template = '#set($ctx.stash.x = 1){ "version": "2018-05-29", "payload": $util.toJson($ctx.args) }';
  const evaluated = await call('EvaluateMappingTemplate', { template, context: JSON.stringify({ arguments: { a: [1] } }) });
  assert.deepEqual(JSON.parse(evaluated.evaluationResult), { version: '2018-05-29', payload: { a: [1] } });
  const wrong = await call('EvaluateMappingTemplate', { template: '#if(', context: '{}' });
  assert.equal(typeof wrong.error.message, 'string');
  await refused('EvaluateCode', { runtime, code, context: 'no JSON' }, { name: 'BadRequestException' });
});

const PEOPLE = `
Resources:
  Role: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } } }
  Judge:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: judge
      Runtime: nodejs20.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
          exports.handler = async (event) => event.authorizationToken
            ? { isAuthorized: event.authorizationToken === 'let me in' }
            : { text: 'of ' + event.arguments.text };
  Pool: { Type: AWS::Cognito::UserPool, Properties: { UserPoolName: people } }
  Client: { Type: AWS::Cognito::UserPoolClient, Properties: { UserPoolId: !Ref Pool, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH] } }
  Ann: { Type: AWS::Cognito::UserPoolUser, Properties: { UserPoolId: !Ref Pool, Username: ann } }
`;

test('every mode lets callers in, and a Lambda function and an HTTP API are data sources', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-modes-'));
  writeFileSync(join(folder, 'template.yaml'), PEOPLE);
  const own = await startServer([join(folder, 'template.yaml')]);
  const its = new appsync.AppSyncClient({ endpoint: own.http, region: own.region, credentials: own.credentials });
  t.after(async () => {
    its.destroy();
    await own.stop();
    rmSync(folder, { recursive: true });
  });
  const send = async (name, input) => answered(await its.send(new appsync[`${name}Command`](input)));
  const pool = own.pool('ann');
  const authorizerUri = `arn:aws:lambda:${own.region}:${own.account}:function:judge`;
  const modes = '@aws_cognito_user_pools @aws_iam @aws_lambda @aws_api_key';
  const make = async (settings) => {
    const { graphqlApi: { apiId, uris } } = await send('CreateGraphqlApi', { name: 'modes', ...settings });
    await send('StartSchemaCreation', { apiId, definition: Buffer.from(`type Query { who: String ${settings.modes ?? ''} lambda(text: String): Text http: Int } type Text { text: String }`) });
    await send('CreateDataSource', { apiId, name: 'none', type: 'NONE' });
    await send('CreateResolver', {
      apiId, typeName: 'Query', fieldName: 'who', dataSourceName: 'none', runtime,
      code: `import { util } from '@aws-appsync/utils';
        export const request = () => ({ payload: util.authType() });
        export const response = (ctx) => ctx.result;`,
    });
    return { apiId, url: uris.GRAPHQL };
  };
  const { userPoolId, awsRegion } = { userPoolId: pool.id, awsRegion: own.region };
  const api = await make({
    authenticationType: 'AMAZON_COGNITO_USER_POOLS', modes, userPoolConfig: { userPoolId, awsRegion, defaultAction: 'ALLOW' },
    additionalAuthenticationProviders: [
      { authenticationType: 'AWS_IAM' }, { authenticationType: 'API_KEY' },
      { authenticationType: 'AWS_LAMBDA', lambdaAuthorizerConfig: { authorizerUri } },
    ],
  });
  const { apiKey } = await send('CreateApiKey', { apiId: api.apiId });
  const { AccessToken } = await tokensOf(own, 'ann');
  const who = async (of, headers) => (await query(of, '{ who }', undefined, headers)).data?.who;
  assert.equal(await who(api, { authorization: AccessToken }), 'User Pool Authorization');
  assert.equal(await who(api, { 'x-api-key': apiKey.id }), 'API Key Authorization');
  assert.equal(await who(api, { authorization: 'let me in' }), 'Lambda Authorization');
  assert.equal(await who(api, { authorization: 'please' }), undefined);
  const signer = new SignatureV4({ service: 'appsync', region: own.region, credentials: own.credentials, sha256: Sha256 });
  const { hostname, port, pathname, host } = new URL(api.url);
  const body = JSON.stringify({ query: '{ who }' });
  const signed = await signer.sign({ method: 'POST', protocol: 'http:', hostname, port, path: pathname, headers: { host }, body });
  const answer = await fetch(api.url, { method: 'POST', headers: signed.headers, body });
  assert.deepEqual(await answer.json(), { data: { who: 'IAM Authorization' } });
  const oidc = await make({ authenticationType: 'OPENID_CONNECT', openIDConnectConfig: { issuer: `${own.http}/${pool.id}` } });
  assert.equal(await who(oidc, { authorization: AccessToken }), 'Open ID Connect Authorization');

  await send('CreateDataSource', { apiId: api.apiId, name: 'judge', type: 'AWS_LAMBDA', lambdaConfig: { lambdaFunctionArn: authorizerUri } });
  await send('CreateResolver', { apiId: api.apiId, typeName: 'Query', fieldName: 'lambda', dataSourceName: 'judge' });
  await send('CreateDataSource', { apiId: api.apiId, name: 'web', type: 'HTTP', httpConfig: { endpoint: own.http } });
  await send('CreateResolver', {
    apiId: api.apiId, typeName: 'Query', fieldName: 'http', dataSourceName: 'web',
    requestMappingTemplate: `{ "version": "2018-05-29", "method": "GET", "resourcePath": "/${pool.id}/.well-known/jwks.json" }`,
    responseMappingTemplate: '$ctx.result.statusCode',
  });
  const { data } = await query(api, '{ lambda(text: "x") { text } http }', undefined, { authorization: AccessToken });
  assert.deepEqual(data, { lambda: { text: 'of x' }, http: 200 });
});

test('an API that was acknowledged outlives kill -9 and a clean stop', async () => {
  let own = await startServer();
  const { data } = own;
  const connectTo = () => new appsync.AppSyncClient({ endpoint: own.http, region: own.region, credentials: own.credentials });
  let its = connectTo();
  const send = async (name, input) => answered(await its.send(new appsync[`${name}Command`](input)));
  const { graphqlApi: { apiId } } = await send('CreateGraphqlApi', { name: 'kept', authenticationType: 'API_KEY' });
  const { apiKey } = await send('CreateApiKey', { apiId });
  await send('StartSchemaCreation', { apiId, definition: Buffer.from(SCHEMA) });
  await send('CreateDataSource', { apiId, name: 'none', type: 'NONE' });
  const resolver = { apiId, typeName: 'Query', fieldName: 'echo', dataSourceName: 'none', runtime, code: ECHO('kept') };
  const expected = await send('CreateResolver', resolver);
  await own.kill();
  for (const end of ['kill', 'stop']) {
    its.destroy();
    own = await startServer([], {}, data);
    its = connectTo();
    assert.deepEqual(await send('GetResolver', resolver), expected, `before the ${end}`);
    const answer = await query({ url: `${own.http}/apis/${apiId}/graphql`, key: apiKey.id }, '{ echo(text: "x") }');
    assert.deepEqual(answer.data, { echo: 'kept x' });
    await own[end]();
  }
  its.destroy();
});

// A merged API is asked like any other; each association says how its merge went.
test('a merged API follows its sources, by itself or when it is told to', async () => {
  const makeSource = async (name, sdl, code) => {
    const { graphqlApi: { apiId } } = await call('CreateGraphqlApi', { name, authenticationType: 'API_KEY' });
    await upload(apiId, sdl);
    await call('CreateDataSource', { apiId, name: 'none', type: 'NONE' });
    for (const [fieldName, word] of Object.entries(code)) {
      await call('CreateResolver', { apiId, typeName: 'Query', fieldName, dataSourceName: 'none', runtime, code: ECHO(word) });
    }
    return apiId;
  };
  const posts = await makeSource('posts', 'type Query { post(text: String): String } type Note { id: ID }', { post: 'post' });
  const reviews = await makeSource('reviews', 'type Query { review(text: String): String }', { review: 'review' });
  const { graphqlApi: { apiId, arn, uris, apiType } } = await call('CreateGraphqlApi', {
    name: 'all', authenticationType: 'API_KEY', apiType: 'MERGED', mergedApiExecutionRoleArn: 'arn:aws:iam::000000000000:role/merged',
  });
  assert.equal(apiType, 'MERGED');
  const { apiKey } = await call('CreateApiKey', { apiId });
  const merged = { url: uris.GRAPHQL, key: apiKey.id };
  assert.equal((await query(merged, '{ post }')).status, 502, 'there is no schema yet');
  const { sourceApiAssociation: auto } = await call('AssociateSourceGraphqlApi', {
    mergedApiIdentifier: apiId, sourceApiIdentifier: posts, sourceApiAssociationConfig: { mergeType: 'AUTO_MERGE' },
  });
  assert.equal(auto.associationArn, `${arn}/sourceApiAssociations/${auto.associationId}`);
  const { sourceApiAssociation: manual } = await call('AssociateMergedGraphqlApi', {
    mergedApiIdentifier: arn, sourceApiIdentifier: reviews, description: 'by hand',
  });
  assert.equal(manual.sourceApiAssociationStatus, 'MERGE_SCHEDULED');
  assert.deepEqual((await query(merged, '{ post(text: "a") review(text: "b") }')).data, { post: 'post a', review: 'review b' });

  // Each source changes a resolver; only one is merged by that.
  for (const [source, fieldName] of [[posts, 'post'], [reviews, 'review']]) {
    await call('UpdateResolver', { apiId: source, typeName: 'Query', fieldName, dataSourceName: 'none', runtime, code: ECHO('new') });
  }
  assert.deepEqual((await query(merged, '{ post(text: "a") review(text: "b") }')).data, { post: 'new a', review: 'review b' });
  const named = { mergedApiIdentifier: apiId, associationId: manual.associationId };
  assert.deepEqual(await call('StartSchemaMerge', named), { sourceApiAssociationStatus: 'MERGE_SCHEDULED' });
  assert.deepEqual((await query(merged, '{ review(text: "b") }')).data, { review: 'new b' });
  const sdl = Buffer.from((await call('GetIntrospectionSchema', { apiId, format: 'SDL' })).schema).toString();
  assert.match(sdl, /post\(text: String\): String[^]*review\(text: String\): String/);

  // A conflict: the merged API goes on, and the association says why.
  await upload(reviews, 'type Query { review(text: String): String } type Note { id: String }');
  await call('StartSchemaMerge', named);
  const { sourceApiAssociation: failed } = await call('GetSourceApiAssociation', named);
  assert.deepEqual([failed.sourceApiAssociationStatus, failed.sourceApiAssociationStatusDetail], [
    'MERGE_FAILED', 'Unable to resolve conflict on object with name id: Merging is not supported for fields with different types.',
  ]);
  assert.deepEqual((await query(merged, '{ review(text: "b") }')).data, { review: 'new b' });
  await upload(reviews, 'type Query { review(text: String): String } type Note { id: ID }');
  const { sourceApiAssociation: updated } = await call('UpdateSourceApiAssociation', {
    ...named, sourceApiAssociationConfig: { mergeType: 'AUTO_MERGE' },
  });
  assert.deepEqual([updated.sourceApiAssociationStatus, updated.description], ['MERGE_SUCCESS', 'by hand']);
  assert.ok(updated.lastSuccessfulMergeDate instanceof Date);

  const { sourceApiAssociationSummaries } = await call('ListSourceApiAssociations', { apiId });
  assert.deepEqual(sourceApiAssociationSummaries.map(({ sourceApiId }) => sourceApiId).sort(), [posts, reviews].sort());
  const { types } = await call('ListTypesByAssociation', { ...named, format: 'SDL' });
  assert.deepEqual(types.map(({ name }) => name), ['Note', 'Query']);
  await upload(reviews, 'type Query { review(text: String): String } type Note @renamed(to: "Remark") { id: ID }');
  const { types: renamed } = await call('ListTypesByAssociation', { ...named, format: 'SDL' });
  assert.deepEqual(renamed.map(({ name }) => name), ['Query', 'Remark'], 'as the merged API has them');
  assert.match(renamed[0].definition, /post[^]*review/);
  await refused('AssociateSourceGraphqlApi', { mergedApiIdentifier: apiId, sourceApiIdentifier: posts }, { name: 'BadRequestException' });
  await refused('DeleteGraphqlApi', { apiId: posts }, { name: 'BadRequestException' });
  assert.deepEqual(await call('DisassociateSourceGraphqlApi', named), { sourceApiAssociationStatus: 'DELETION_SCHEDULED' });
  assert.match((await query(merged, '{ review }')).errors[0].message, /review/);
  await call('DisassociateMergedGraphqlApi', { sourceApiIdentifier: posts, associationId: auto.associationId });

  // An API of the template may be a source, too.
  const ofTemplate = server.apis[0].id;
  await call('AssociateSourceGraphqlApi', { mergedApiIdentifier: apiId, sourceApiIdentifier: ofTemplate });
  const { type } = await call('GetType', { apiId, typeName: 'Mutation', format: 'SDL' });
  assert.match(type.definition, /placeOrder/);
  for (const id of [apiId, posts, reviews]) await call('DeleteGraphqlApi', { apiId: id });
});

// A connection to an Event API at the addresses that its `dns` says, as clients make them of it.
async function listen(t, api, key) {
  const authorization = { host: new URL(`https://${api.dns.HTTP}`).host, 'x-api-key': key };
  const credentials = Buffer.from(JSON.stringify(authorization)).toString('base64url');
  const socket = new WebSocket(`wss://${api.dns.REALTIME}/event/realtime`, ['aws-appsync-event-ws', `header-${credentials}`]);
  const inbox = new Inbox();
  socket.on('message', (data) => inbox.put(JSON.parse(data))).on('close', () => inbox.put({ type: 'closed' }));
  t.after(() => socket.close());
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const say = (message) => socket.send(JSON.stringify({ authorization, ...message }));
  say({ type: 'connection_init' });
  return { inbox, say, answer: (type, id) => inbox.next(type, (message) => message.type === type && message.id === id) };
}

const MARK = (word) => `export function onPublish(ctx) {
  return ctx.events.map((event) => ({ id: event.id, payload: { ...event.payload, by: '${word}' } }))
}`;
const apiKeyMode = [{ authType: 'API_KEY' }];
const eventConfig = {
  authProviders: apiKeyMode, connectionAuthModes: apiKeyMode,
  defaultPublishAuthModes: apiKeyMode, defaultSubscribeAuthModes: apiKeyMode,
};

// Publishes over HTTP, as the guide does it.
async function publish(api, key, channel, event) {
  const answer = await fetch(`https://${api.dns.HTTP}/event`, {
    method: 'POST', headers: { 'x-api-key': key }, body: JSON.stringify({ channel, events: [JSON.stringify(event)] }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

test('an Event API is made, and a new handler takes over while its connections go on', async (t) => {
  const { api } = await call('CreateApi', { name: 'chat', ownerContact: 'me', tags: { team: 'a' }, eventConfig });
  const { apiId, apiArn } = api;
  assert.ok(api.created instanceof Date);
  assert.equal(apiArn, `arn:aws:appsync:${server.region}:${server.account}:apis/${apiId}`);
  assert.deepEqual(await call('GetApi', { apiId }), { api });
  const key = (await call('CreateApiKey', { apiId })).apiKey.id;
  const { channelNamespace } = await call('CreateChannelNamespace', { apiId, name: 'rooms', codeHandlers: MARK('first') });
  assert.equal(channelNamespace.channelNamespaceArn, `${apiArn}/channelNamespace/rooms`);
  assert.deepEqual(await call('GetChannelNamespace', { apiId, name: 'rooms' }), { channelNamespace });

  const { inbox, say, answer } = await listen(t, api, key);
  say({ type: 'subscribe', id: 's', channel: '/rooms/*' });
  await answer('subscribe_success', 's');
  const heard = (by) => inbox.next(`what ${by} marked`, ({ type, event }) => type === 'data' && JSON.parse(event).by === by);
  assert.equal((await publish(api, key, '/rooms/a', { n: 1 })).status, 200);
  assert.deepEqual(JSON.parse((await heard('first')).event), { n: 1, by: 'first' });
  const { channelNamespace: updated } = await call('UpdateChannelNamespace', { apiId, name: 'rooms', codeHandlers: MARK('second') });
  assert.equal(updated.codeHandlers, MARK('second'));
  await publish(api, key, '/rooms/b', { n: 2 });
  assert.deepEqual(JSON.parse((await heard('second')).event), { n: 2, by: 'second' });
  assert.ok(inbox.heard.every(({ type }) => type !== 'closed'), 'it is the same connection');

  // What is refused changes nothing; the other namespace has no handler.
  await refused('UpdateChannelNamespace', { apiId, name: 'rooms', codeHandlers: 'nonsense(' }, { name: 'BadRequestException' });
  await refused('CreateChannelNamespace', { apiId, name: 'rooms' }, { name: 'ConflictException' });
  await call('CreateChannelNamespace', { apiId, name: 'plain' });
  const { channelNamespaces } = await call('ListChannelNamespaces', { apiId });
  assert.deepEqual(channelNamespaces.map(({ name }) => name), ['plain', 'rooms']);
  assert.equal((await publish(api, key, '/plain/a', {})).status, 200);
  await call('DeleteChannelNamespace', { apiId, name: 'plain' });
  assert.equal((await publish(api, key, '/plain/a', {})).status, 404);

  // Modes that are not the API's any more are refused, and tags are those of either kind.
  const iam = [{ authType: 'AWS_IAM' }];
  const { api: changed } = await call('UpdateApi', {
    apiId, name: 'chat', eventConfig: { ...eventConfig, authProviders: [...apiKeyMode, ...iam], defaultPublishAuthModes: iam },
  });
  assert.deepEqual([changed.tags, changed.ownerContact], [{ team: 'a' }, undefined]);
  assert.equal((await publish(api, key, '/rooms/a', {})).status, 401);
  await call('TagResource', { resourceArn: updated.channelNamespaceArn, tags: { of: 'rooms' } });
  assert.deepEqual(await call('ListTagsForResource', { resourceArn: updated.channelNamespaceArn }), { tags: { of: 'rooms' } });
  assert.ok((await call('ListApis')).apis.some((listed) => listed.apiId === apiId));
  assert.ok((await call('ListGraphqlApis')).graphqlApis.every((listed) => listed.apiId !== apiId));

  await call('DeleteApi', { apiId });
  assert.equal((await publish(api, key, '/rooms/a', {})).status, 404);
  await refused('GetApi', { apiId }, { name: 'NotFoundException' });
});

test('an Event API that was acknowledged outlives kill -9', async (t) => {
  let own = await startServer();
  const connectTo = () => new appsync.AppSyncClient({ endpoint: own.http, region: own.region, credentials: own.credentials });
  let its = connectTo();
  const send = async (name, input) => answered(await its.send(new appsync[`${name}Command`](input)));
  const { apiId } = (await send('CreateApi', { name: 'kept', eventConfig })).api;
  const key = (await send('CreateApiKey', { apiId })).apiKey.id;
  await send('CreateDataSource', { apiId, name: 'none', type: 'NONE' });
  const integration = { behavior: 'CODE', integration: { dataSourceName: 'none' } };
  const codeHandlers = `export const onPublish = {
    request(ctx) { return { payload: ctx.events.map(({ id }) => ({ id, payload: 'kept' })) } },
    response(ctx) { return ctx.result },
  }`;
  const named = { apiId, name: 'rooms' };
  const made = await send('CreateChannelNamespace', { ...named, codeHandlers, handlerConfigs: { onPublish: integration } });
  await own.kill();
  its.destroy();
  own = await startServer([], {}, own.data);
  t.after(() => own.stop());
  its = connectTo();
  t.after(() => its.destroy());
  assert.deepEqual(await send('GetChannelNamespace', named), made);
  const { api } = await send('GetApi', { apiId });
  const { say, answer } = await listen(t, api, key);
  say({ type: 'subscribe', id: 's', channel: '/rooms/a' });
  await answer('subscribe_success', 's');
  assert.equal((await publish(api, key, '/rooms/a', { n: 1 })).status, 200);
  assert.equal((await answer('data', 's')).event, '"kept"');
});

test('what stepwell does not have is refused by name, and signatures are checked', async () => {
  const name = 'StartDataSourceIntrospection';
  await refused(name, {}, { name: 'UnknownOperationException', message: new RegExp(name) });
  called.delete(name);
  const stranger = new appsync.AppSyncClient({
    endpoint: server.http, region: server.region, credentials: { accessKeyId: 'AKIAX', secretAccessKey: 'x' }, maxAttempts: 1,
  });
  await assert.rejects(stranger.send(new appsync.ListGraphqlApisCommand({})), { name: 'UnrecognizedClientException' });
  stranger.destroy();
});

test('every operation that the SDK has was called, or is known to be missing', () => {
  const operations = Object.keys(appsync).filter((name) => name.endsWith('Command') && name !== '$Command');
  const missing = operations.map((name) => name.slice(0, -'Command'.length)).filter((name) => !called.has(name));
  assert.deepEqual(missing.sort(), ['GetDataSourceIntrospection', 'StartDataSourceIntrospection']);
});
