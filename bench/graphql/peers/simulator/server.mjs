// amplify-appsync-simulator with the schema and mapping templates of the benchmark; prints its port when it is ready.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { table } from '../table.mjs';

const { AmplifyAppSyncSimulator } = createRequire(import.meta.url)('@aws-amplify/amplify-appsync-simulator');
const here = new URL('../../', import.meta.url);
const templates = readdirSync(new URL('resolvers/', here)).filter((name) => name.endsWith('.vtl'));

const handlers = (request, response) => ({
  requestMappingTemplateLocation: `${request}.req.vtl`,
  responseMappingTemplateLocation: `${response}.res.vtl`,
});
const unit = (typeName, fieldName, dataSourceName, request, response) => ({
  kind: 'UNIT', typeName, fieldName, dataSourceName, ...handlers(request, response),
});
const functions = ['first', 'second', 'third'];

const simulator = new AmplifyAppSyncSimulator({ port: 0, wsPort: 0 });
simulator.init({
  schema: { path: 'schema.graphql', content: readFileSync(new URL('schema.graphql', here), 'utf8') },
  mappingTemplates: templates.map((path) => ({
    path,
    content: readFileSync(new URL(`resolvers/${path}`, here), 'utf8'),
  })),
  dataSources: [
    { name: 'none', type: 'NONE' },
    { name: 'authors', type: 'AMAZON_DYNAMODB', config: table },
  ],
  functions: functions.map((name) => ({ name, dataSourceName: 'none', ...handlers('pass', 'result') })),
  resolvers: [
    unit('Query', 'echoTemplate', 'none', 'echo', 'echo'),
    unit('Query', 'authorTemplate', 'authors', 'author', 'result'),
    unit('Query', 'postsTemplate', 'none', 'posts', 'result'),
    unit('PostTemplate', 'author', 'authors', 'postAuthor', 'result'),
    { kind: 'PIPELINE', typeName: 'Query', fieldName: 'pipelineTemplate', functions, ...handlers('pipeline', 'pipeline') },
  ],
  appSync: {
    name: 'bench',
    apiKey: process.env.API_KEY,
    defaultAuthenticationType: { authenticationType: 'API_KEY' },
    additionalAuthenticationProviders: [],
  },
});
await simulator.start();
console.log(`port ${new URL(simulator.localhostUrl).port}`);
