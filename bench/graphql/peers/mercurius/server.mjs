// The benchmark's schema on mercurius, with resolvers in JavaScript and its compiler for queries switched on; prints its
// port when it is ready. It checks no credentials and maps nothing: what a hand-written server costs at least.
import { readFileSync } from 'node:fs';
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { table } from '../table.mjs';

const TableName = table.tableName;
const client = new DynamoDBClient({ endpoint: table.endpoint, region: table.region });

async function author(id) {
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: marshall({ id }) }));
  return Item ? unmarshall(Item) : null;
}

// Up to 100 authors at once, in the order of their ids.
async function authors(ids) {
  const Keys = ids.map((id) => marshall({ id }));
  const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
  const found = new Map(Responses[TableName].map(unmarshall).map((item) => [item.id, item]));
  return ids.map((id) => found.get(id) ?? null);
}

const echo = (_, { text }) => text;
const byId = (_, { id }) => author(id);
const posts = (_, { ids }) => ids.map((id) => ({ id, title: `Title of ${id}` }));

const app = Fastify();
app.register(mercurius, {
  schema: readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8').replaceAll(' @aws_api_key', ''),
  jit: 1,
  resolvers: {
    Query: {
      echoTemplate: echo,
      echoCode: echo,
      pipelineTemplate: echo,
      pipelineCode: echo,
      authorTemplate: byId,
      authorCode: byId,
      postsTemplate: posts,
      postsCode: posts,
    },
    PostCode: { author: ({ id }) => author(id) },
  },
  // The twin of PostCode gets its authors together.
  loaders: { PostTemplate: { author: (queries) => authors(queries.map(({ obj }) => obj.id)) } },
});
const address = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(`port ${new URL(address).port}`);
