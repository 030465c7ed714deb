// What library.graphql adds to blog.graphql: keys of several fields, groups and owners that an item names, rules for single
// fields, many-to-many relations, renamed queries, nested types, and a Lambda function as a resolver.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disconnected, subscribe } from '../lib/amplify.mjs';
import { ask, be, client, data, refused } from './callers.mjs';

const BOOK = 'isbn edition language title genre price published extra size { pages grams } readers teams';
const CREATE = `mutation ($input: CreateBookInput!) { createBook(input: $input) { ${BOOK} } }`;
const UPDATE = `mutation ($input: UpdateBookInput!, $condition: ModelBookConditionInput) {
  updateBook(input: $input, condition: $condition) { ${BOOK} }
}`;
const GET = `query ($isbn: ID!, $edition: Int!, $language: String!) {
  getBook(isbn: $isbn, edition: $edition, language: $language) { isbn title }
}`;
const LIST = `query ($isbn: ID, $key: ModelBookPrimaryCompositeKeyConditionInput, $filter: ModelBookFilterInput, $sort: ModelSortDirection) {
  listBooks(isbn: $isbn, editionLanguage: $key, filter: $filter, sortDirection: $sort) { items { edition language title } }
}`;

const create = async (who, input) => (await data(who, CREATE, { input })).createBook;
const key = ({ isbn, edition, language }) => ({ isbn, edition, language });

test('an item keeps its nested values, enums, dates and documents', async () => {
  const input = {
    isbn: 'i-1', edition: 1, language: 'en', title: 'whole', genre: 'SCIENCE', price: 9.5, published: '2024-02-29',
    extra: JSON.stringify({ a: [1, { b: null }] }), size: { pages: 10, grams: null }, readers: ['ana'], teams: null,
  };
  const book = await create('eve', input);
  assert.deepEqual({ ...book, extra: JSON.parse(book.extra) }, { ...input, extra: { a: [1, { b: null }] } });
});

test('a key of several fields is read, ranged over and changed', async () => {
  for (const [edition, language] of [[1, 'de'], [1, 'en'], [2, 'de'], [3, 'de']]) {
    await create('eve', { isbn: 'i-2', edition, language, title: `${edition} ${language}` });
  }
  const titles = async (variables) => {
    const { listBooks } = await data('eve', LIST, { isbn: 'i-2', ...variables });
    return listBooks.items.map(({ title }) => title);
  };
  assert.deepEqual(await titles({}), ['1 de', '1 en', '2 de', '3 de']);
  assert.deepEqual(await titles({ sort: 'DESC' }), ['3 de', '2 de', '1 en', '1 de']);
  assert.deepEqual(await titles({ key: { eq: { edition: 1, language: 'en' } } }), ['1 en']);
  assert.deepEqual(await titles({ key: { beginsWith: { edition: 1 } } }), ['1 de', '1 en']);
  assert.deepEqual(await titles({ key: { between: [{ edition: 1, language: 'e' }, { edition: 2, language: 'z' }] } }), ['1 en', '2 de']);
  assert.equal((await data('eve', GET, { isbn: 'i-2', edition: 2, language: 'de' })).getBook.title, '2 de');
  assert.equal((await data('eve', GET, { isbn: 'i-2', edition: 2, language: 'en' })).getBook, null);
  const again = await refused('eve', CREATE, { input: { isbn: 'i-2', edition: 1, language: 'de', title: 'again' } });
  assert.equal(again.errorType, 'DynamoDB:ConditionalCheckFailedException');
  const input = { isbn: 'i-2', edition: 3, language: 'de', title: 'third' };
  assert.equal((await data('eve', UPDATE, { input, condition: { title: { eq: '3 de' } } })).updateBook.title, 'third');
});

test('filters know every operator', async () => {
  const isbn = 'i-3';
  for (const [edition, more] of [[1, { price: 1, title: 'abc' }], [2, { price: 2, title: 'bcd' }], [3, { title: 'cde' }]]) {
    await create('eve', { isbn, edition, language: 'en', ...more });
  }
  const editions = async (filter) => {
    const { listBooks } = await data('eve', LIST, { isbn, filter });
    return listBooks.items.map(({ edition }) => edition);
  };
  for (const [filter, expected] of [
    [{ title: { contains: 'c' } }, [1, 2, 3]],
    [{ title: { notContains: 'a' } }, [2, 3]],
    [{ title: { ne: 'abc' }, price: { gt: 1 } }, [2]],
    [{ price: { between: [1, 2] } }, [1, 2]],
    [{ price: { attributeExists: false } }, [3]],
    [{ title: { size: { gt: 2 } } }, [1, 2, 3]],
    [{ not: { price: { eq: 1 } } }, [2, 3]],
    [{ or: [{ title: { beginsWith: 'a' } }, { and: [{ price: { ge: 2 } }, { title: { eq: 'bcd' } }] }] }, [1, 2]],
    [{ and: [{ or: [{ price: { eq: 1 } }] }] }, [1]],
  ]) {
    assert.deepEqual(await editions(filter), expected, JSON.stringify(filter));
  }
});

test('the groups and the readers that an item names decide who reads it', async () => {
  const book = await create('eve', { isbn: 'i-4', edition: 1, language: 'en', title: 'for some', readers: ['ana'], teams: ['physics'] });
  // ana is a reader, ben is of the team.
  assert.equal((await data('ana', GET, key(book))).getBook.title, 'for some');
  assert.equal((await data('ben', GET, key(book))).getBook.title, 'for some');
  const input = { ...key(book), title: 'by the team' };
  assert.equal((await data('ben', UPDATE, { input })).updateBook.title, 'by the team');
  assert.equal((await refused('ana', UPDATE, { input })).errorType, 'Unauthorized');
  const other = await create('eve', { isbn: 'i-4', edition: 2, language: 'en', title: 'for none' });
  for (const who of ['ana', 'ben']) {
    assert.equal((await refused(who, GET, key(other))).errorType, 'Unauthorized', who);
    const { listBooks } = await data(who, LIST, { isbn: 'i-4' });
    assert.deepEqual(listBooks.items.map(({ title }) => title), ['by the team'], who);
  }
  assert.equal((await data('iam', GET, key(other))).getBook.title, 'for none');
});

test('a field with a rule of its own is kept from those whom the rule does not name', async () => {
  const query = `query ($isbn: ID!, $edition: Int!, $language: String!) {
    getBook(isbn: $isbn, edition: $edition, language: $language) { title margin }
  }`;
  const input = { isbn: 'i-5', edition: 1, language: 'en', title: 'dear', margin: 0.5, teams: ['physics'] };
  await data('eve', 'mutation ($input: CreateBookInput!) { createBook(input: $input) { isbn } }', { input });
  assert.equal((await data('eve', query, key(input))).getBook.margin, 0.5);
  const answer = await ask('ben', query, key(input));
  assert.deepEqual(answer.data.getBook, { title: 'dear', margin: null });
  assert.deepEqual([answer.errors[0].errorType, answer.errors[0].path], ['Unauthorized', ['getBook', 'margin']]);
  const change = await refused('ben', UPDATE, { input: { ...key(input), margin: 0.9 } });
  assert.equal(change.message, 'Unauthorized on [margin]');
});

test('an owner may not do to a field what its rule leaves out', async () => {
  const { createNote } = await data('ana', 'mutation { createNote(input: { text: "t", pinned: false }) { id text pinned owner } }');
  assert.deepEqual({ ...createNote, id: '' }, { id: '', text: 't', pinned: false, owner: 'ana' });
  const update = 'mutation ($input: UpdateNoteInput!) { updateNote(input: $input) { pinned } }';
  const { id } = createNote;
  assert.equal((await data('ana', update, { input: { id, pinned: true } })).updateNote.pinned, true);
  assert.equal((await refused('ana', update, { input: { id, text: 'u' } })).message, 'Unauthorized on [text]');
  assert.equal((await refused('ben', update, { input: { id, pinned: false } })).errorType, 'Unauthorized');
});

test('models are related many to many, and one to one', async () => {
  const made = async (type, input) => {
    const query = `mutation ($input: Create${type}Input!) { create${type}(input: $input) { id } }`;
    return (await data('ana', query, { input }))[`create${type}`].id;
  };
  const agentId = await made('Agent', { name: 'agent' });
  const authors = [await made('Author', { name: 'a1', agentId }), await made('Author', { name: 'a2' })];
  const works = [await made('Work', { title: 'w1' }), await made('Work', { title: 'w2' })];
  for (const [authorId, workId] of [[authors[0], works[0]], [authors[0], works[1]], [authors[1], works[0]]]) {
    await made('Authorship', { authorId, workId });
  }
  const query = `query ($id: ID!) {
    getAuthor(id: $id) { name agent { name } works { items { work { title authors { items { author { name } } } } } } }
  }`;
  const { getAuthor } = await data('ben', query, { id: authors[0] });
  assert.deepEqual(getAuthor.agent, { name: 'agent' });
  const found = getAuthor.works.items.map(({ work }) => [work.title, work.authors.items.map(({ author }) => author.name).sort()]);
  assert.deepEqual(found.sort(), [['w1', ['a1', 'a2']], ['w2', ['a1']]]);
  assert.equal((await data('ben', query, { id: authors[1] })).getAuthor.agent, null);
  assert.equal((await data('ana', 'query ($id: ID!) { agent(id: $id) { name } }', { id: agentId })).agent.name, 'agent');
});

test('an index with a number as its sort key', async () => {
  for (const [edition, price] of [[1, 10], [2, 9], [3, 100]]) {
    await create('eve', { isbn: 'i-6', edition, language: 'en', title: `${price}`, genre: 'FICTION', price });
  }
  const query = `query ($price: ModelFloatKeyConditionInput) { booksByGenre(genre: FICTION, price: $price) { items { price } } }`;
  const prices = async (price) => (await data('eve', query, { price })).booksByGenre.items.map((item) => item.price);
  assert.deepEqual(await prices(undefined), [9, 10, 100]);
  assert.deepEqual(await prices({ lt: 100 }), [9, 10]);
});

test('a function is asked, and its errors are those of the field', async () => {
  const query = 'query ($message: String!, $times: Int) { echo(message: $message, times: $times) { message by } }';
  assert.deepEqual((await data('ana', query, { message: 'a', times: 3 })).echo, { message: 'aaa', by: 'Query.echo for ana' });
  assert.deepEqual((await data('apiKey', query, { message: 'k' })).echo, { message: 'k', by: 'Query.echo for a key' });
  const error = await refused('ana', query, { message: 'fail' });
  assert.deepEqual([error.errorType, error.message], ['Lambda:Unhandled', 'told to fail']);
});

test('a subscriber hears of the items whose groups and readers he is among', async () => {
  await disconnected();
  const query = 'subscription { onCreateBook { isbn title } }';
  const inboxes = {};
  for (const who of ['ana', 'ben', 'eve']) {
    const authMode = be(who);
    inboxes[who] = await subscribe(client, { query, authMode });
  }
  const created = 'mutation ($input: CreateBookInput!) { createBook(input: $input) { isbn edition language title readers teams } }';
  const books = [['none', {}], ['to ana', { readers: ['ana'] }], ['to the team', { teams: ['physics'] }], ['to both', { readers: ['ana'], teams: ['physics'] }]];
  for (const [index, [title, more]] of books.entries()) {
    await data('eve', created, { input: { isbn: 'i-7', edition: index, language: 'en', title, ...more } });
  }
  const last = ({ title }) => title === 'to both';
  for (const who of ['eve', 'ana', 'ben']) await inboxes[who].next('the last book', last);
  const titles = (who) => inboxes[who].heard.map(({ title }) => title);
  assert.deepEqual(titles('eve'), ['none', 'to ana', 'to the team', 'to both']);
  assert.deepEqual(titles('ana'), ['to ana', 'to both']);
  assert.deepEqual(titles('ben'), ['to the team', 'to both']);
  Object.values(inboxes).forEach((inbox) => inbox.close());
});
