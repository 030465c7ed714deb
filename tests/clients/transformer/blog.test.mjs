// aws-amplify against what Amplify's GraphQL transformer generated from blog.graphql: each user does what the schema's
// @auth rules allow and is refused the rest, with the errors that AppSync gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disconnected, subscribe } from '../lib/amplify.mjs';
import { claims } from '../lib/tokens.mjs';
import { be, client, data, refused, tokens } from './callers.mjs';

const POST = 'id title status views tags owner createdAt updatedAt';
const CREATE = `mutation ($input: CreatePostInput!, $condition: ModelPostConditionInput) {
  createPost(input: $input, condition: $condition) { ${POST} }
}`;
const UPDATE = `mutation ($input: UpdatePostInput!, $condition: ModelPostConditionInput) {
  updatePost(input: $input, condition: $condition) { ${POST} }
}`;
const DELETE = 'mutation ($input: DeletePostInput!) { deletePost(input: $input) { id title } }';
const GET = `query ($id: ID!) { getPost(id: $id) { ${POST} } }`;
const LIST = `query ($filter: ModelPostFilterInput, $limit: Int, $nextToken: String) {
  listPosts(filter: $filter, limit: $limit, nextToken: $nextToken) { items { ${POST} } nextToken }
}`;
const BY_STATUS = `query ($status: String!, $title: ModelStringKeyConditionInput, $sortDirection: ModelSortDirection) {
  postsByStatus(status: $status, title: $title, sortDirection: $sortDirection) { items { id title } nextToken }
}`;
const COMMENT = 'mutation ($input: CreateCommentInput!) { createComment(input: $input) { id content owner post { title } } }';

const create = async (who, input) => (await data(who, CREATE, { input })).createPost;

test('a post is created with its defaults, its owner and its times, and is read back', async () => {
  const post = await create('ana', { title: 'first', tags: ['a', 'b'] });
  assert.match(post.id, /^[0-9a-f-]{36}$/);
  assert.match(post.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { sub, username } = claims(tokens.ana);
  assert.equal(username, 'ana');
  assert.notEqual(sub, 'ana');
  // The table has `sub::username`; the field's own resolver answers the name.
  const { owner } = post;
  assert.deepEqual(
    { ...post, id: '', createdAt: '', updatedAt: '' },
    { id: '', title: 'first', status: 'draft', views: null, tags: ['a', 'b'], owner: 'ana', createdAt: '', updatedAt: '' },
    owner,
  );
  assert.deepEqual((await data('ana', GET, { id: post.id })).getPost, post);
});

test('who is not the owner neither reads nor changes a post', async () => {
  const { id } = await create('ana', { title: 'private' });
  const denied = { errorType: 'Unauthorized', path: ['getPost'] };
  const onGet = await refused('ben', GET, { id });
  assert.deepEqual({ errorType: onGet.errorType, path: onGet.path }, denied);
  assert.equal(onGet.message, 'Not Authorized to access getPost on type Post');
  for (const [query, field] of [[UPDATE, 'updatePost'], [DELETE, 'deletePost']]) {
    const error = await refused('ben', query, { input: { id } });
    assert.deepEqual([error.errorType, error.path], ['Unauthorized', [field]]);
  }
  assert.equal((await data('ana', GET, { id })).getPost.title, 'private');
});

test('a list has the posts of its reader only, page by page', async () => {
  const mine = new Set();
  for (const title of ['p1', 'p2', 'p3']) mine.add((await create('ben', { title })).id);
  const other = await create('ana', { title: 'other' });
  const seen = [];
  let nextToken = null;
  do {
    const { listPosts } = await data('ben', LIST, { limit: 2, nextToken });
    seen.push(...listPosts.items);
    ({ nextToken } = listPosts);
  } while (nextToken);
  assert.deepEqual(new Set(seen.map(({ id }) => id)), mine);
  const filtered = await data('ben', LIST, { filter: { or: [{ title: { eq: 'p2' } }, { title: { beginsWith: 'oth' } }] } });
  assert.deepEqual(filtered.listPosts.items.map(({ title }) => title), ['p2']);
  const all = await data('eve', LIST, { filter: { id: { eq: other.id } } });
  assert.deepEqual(all.listPosts.items.map(({ title }) => title), ['other']);
});

test('a member of the group does with every post what its owner may', async () => {
  const { id } = await create('ana', { title: 'to be edited' });
  assert.equal((await data('eve', UPDATE, { input: { id, title: 'edited' } })).updatePost.title, 'edited');
  assert.equal((await data('eve', DELETE, { input: { id } })).deletePost.title, 'edited');
  assert.equal((await data('ana', GET, { id })).getPost, null);
});

test('an API key reads, and does nothing else', async () => {
  const { id } = await create('ana', { title: 'public' });
  const answer = await data('apiKey', GET, { id });
  assert.deepEqual([answer.getPost.title, answer.getPost.owner], ['public', 'ana']);
  const error = await refused('apiKey', CREATE, { input: { title: 'no' } });
  assert.deepEqual([error.errorType, error.message], ['Unauthorized', 'Not Authorized to access createPost on type Mutation']);
  const comment = await refused('apiKey', '{ listComments { items { id } } }');
  assert.equal(comment.message, 'Not Authorized to access listComments on type Query');
});

test('a signed request is one of the rule for IAM', async () => {
  const post = await create('iam', { title: 'signed' });
  assert.equal(post.owner, null);
  assert.equal((await data('iam', UPDATE, { input: { id: post.id, views: 2 } })).updatePost.views, 2);
  assert.equal((await data('iam', DELETE, { input: { id: post.id } })).deletePost.id, post.id);
});

test('an index is queried in its order and with a condition on its sort key', async () => {
  for (const title of ['b', 'a', 'c']) await create('eve', { title, status: 'indexed' });
  await create('eve', { title: 'd', status: 'else' });
  const titles = async (more) => {
    const { postsByStatus } = await data('apiKey', BY_STATUS, { status: 'indexed', ...more });
    return postsByStatus.items.map(({ title }) => title);
  };
  assert.deepEqual(await titles({}), ['a', 'b', 'c']);
  assert.deepEqual(await titles({ sortDirection: 'DESC' }), ['c', 'b', 'a']);
  assert.deepEqual(await titles({ title: { ge: 'b' } }), ['b', 'c']);
  assert.deepEqual(await titles({ title: { between: ['a', 'b'] } }), ['a', 'b']);
});

test('a condition decides whether an update happens', async () => {
  const { id, createdAt } = await create('ana', { title: 'one', views: 1 });
  const changed = await data('ana', UPDATE, { input: { id, views: 2 }, condition: { views: { eq: 1 } } });
  assert.equal(changed.updatePost.views, 2);
  assert.equal(changed.updatePost.createdAt, createdAt);
  const error = await refused('ana', UPDATE, { input: { id, views: 3 }, condition: { views: { eq: 1 } } });
  assert.equal(error.errorType, 'DynamoDB:ConditionalCheckFailedException');
  assert.match(error.message, /^The conditional request failed/);
  const removed = await data('ana', UPDATE, { input: { id, views: null } });
  assert.equal(removed.updatePost.views, null);
  const again = await refused('ana', CREATE, { input: { id, title: 'again' } });
  assert.equal(again.errorType, 'DynamoDB:ConditionalCheckFailedException');
});

test('related models are reached from both sides', async () => {
  const { id } = await create('ana', { title: 'discussed' });
  for (const content of ['c1', 'c2']) await data('ana', COMMENT, { input: { postID: id, content } });
  const comment = (await data('ben', COMMENT, { input: { postID: id, content: 'by ben' } })).createComment;
  // The post is one that ben must not read.
  assert.deepEqual([comment.content, comment.owner], ['by ben', 'ben']);
  const query = `query ($id: ID!) { getPost(id: $id) { title comments(limit: 10) { items { content post { id } } nextToken } } }`;
  const { comments } = (await data('ana', query, { id })).getPost;
  assert.deepEqual(comments.items.map(({ content }) => content).sort(), ['by ben', 'c1', 'c2']);
  assert.ok(comments.items.every(({ post }) => post.id === id));
  const filtered = await data('ben', `query ($id: ID!) {
    commentsByPost(postID: $id, filter: { content: { contains: "ben" } }) { items { owner } }
  }`, { id });
  assert.deepEqual(filtered.commentsByPost.items, [{ owner: 'ben' }]);
});

test('subscribers hear of the posts that they may read', async () => {
  const query = `subscription ($filter: ModelSubscriptionPostFilterInput) { onCreatePost(filter: $filter) { id title owner } }`;
  await disconnected();
  const inboxes = {};
  for (const [who, filter] of [['ana'], ['ben'], ['eve', { title: { beginsWith: 'news' } }], ['apiKey']]) {
    const authMode = be(who);
    inboxes[who] = await subscribe(client, { query, variables: filter ? { filter } : {}, authMode });
  }
  const CREATED = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { id title owner } }';
  for (const [who, title] of [['ana', 'by ana'], ['ana', 'news by ana'], ['ben', 'by ben']]) {
    await data(who, CREATED, { input: { title } });
  }
  // An API key hears everything: its last event says that the others have heard what they will.
  await inboxes.apiKey.next('the last post', ({ title }) => title === 'by ben');
  await inboxes.ben.next('the own post', ({ title }) => title === 'by ben');
  await inboxes.ana.next('the own post', ({ title }) => title === 'news by ana');
  const titles = (who) => inboxes[who].heard.map(({ title }) => title);
  assert.deepEqual(titles('apiKey'), ['by ana', 'news by ana', 'by ben']);
  assert.deepEqual(titles('ana'), ['by ana', 'news by ana']);
  assert.deepEqual(titles('ben'), ['by ben']);
  assert.deepEqual(titles('eve'), ['news by ana']);
  Object.values(inboxes).forEach((inbox) => inbox.close());
});

test('whom no rule lets listen is refused', async () => {
  const query = 'subscription { onCreateComment { id } }';
  const authMode = be('apiKey');
  const error = await subscribe(client, { query, authMode }).catch((failure) => failure);
  assert.match(JSON.stringify(error), /Not Authorized to access onCreateComment on type Subscription/);
});
