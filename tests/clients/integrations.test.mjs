// Task states that reach beyond stepwell: an HTTP API behind OAuth, a queue and a topic at an endpoint, another role.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { startServer } from './lib/server.mjs';

const heard = [];
let waiting = () => {};
let elsewhere;
let server;
let sfn;

// The world outside: an authorization server, an API, a queue and a topic.
function answer({ url, headers, body }) {
  if (url === '/token') return [200, 'application/json', '{"access_token":"opaque-access-token","expires_in":3600}'];
  if (headers['x-amz-target'] === 'AmazonSQS.SendMessage') return [200, 'application/x-amz-json-1.0', '{"MessageId":"m1"}'];
  if (body.startsWith('Action=Publish')) {
    return [200, 'text/xml', '<PublishResponse><PublishResult><MessageId>p1</MessageId></PublishResult></PublishResponse>'];
  }
  if (body.startsWith('customer=nobody')) return [404, 'application/json', '{"error":"no such customer"}'];
  return [201, 'application/json', '{"id": "in_1"}'];
}

before(async () => {
  elsewhere = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const asked = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts).toString() };
      heard.push(asked);
      waiting(asked);
      const [status, type, body] = answer(asked);
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${elsewhere.address().port}`;
  const service = `{ endpoint_url = "${endpoint}" }`;
  server = await startServer(['tests/fixtures/integrations/template.yaml', '-p', `Endpoint=${endpoint}`], {
    STEPWELL_SERVICES: `{ sqs = ${service}, sns = ${service} }`,
    AWS_ACCESS_KEY_ID: 'AKIAELSEWHERE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  sfn = new SFNClient({ endpoint: server.http, region: server.region, credentials: server.credentials });
});
after(async () => {
  sfn.destroy();
  await server.stop();
  elsewhere.closeAllConnections();
  elsewhere.close();
});

async function start(stateMachineArn, input) {
  return (await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }))).executionArn;
}

async function end(executionArn) {
  for (;;) {
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (described.status !== 'RUNNING') return described;
  }
}

test('an HTTP task authorizes by its connection, and no secret stays behind', async () => {
  const executionArn = await start(server.outputs.Http, { customer: 'c 1' });
  const done = await end(executionArn);
  assert.equal(done.status, 'SUCCEEDED', done.cause);
  const { Headers, ResponseBody, StatusCode, StatusText } = JSON.parse(done.output);
  assert.deepEqual([ResponseBody, StatusCode, StatusText], [{ id: 'in_1' }, 201, 'Created']);
  assert.deepEqual(Headers['content-type'], ['application/json']);
  const [token, invoice] = heard.slice(-2);
  assert.equal(token.body, 'grant_type=client_credentials&client_id=me&client_secret=hidden');
  assert.equal(invoice.url, '/invoices?api=v1');
  assert.equal(invoice.headers.authorization, 'Bearer opaque-access-token');
  assert.equal(invoice.headers.range, 'bytes=0-262144');
  assert.equal(invoice.headers['user-agent'], 'Amazon|StepFunctions|HttpInvoke|us-east-1');
  assert.equal(invoice.body, 'customer=c%201&items%5B0%5D=a&items%5B1%5D=b');
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  assert.doesNotMatch(JSON.stringify(events), /hidden|opaque-access-token/);
});

test('the status of an HTTP task is an error to catch, with the body as the cause', async () => {
  const done = await end(await start(server.outputs.Http, { customer: 'nobody' }));
  assert.equal(done.status, 'SUCCEEDED', done.cause);
  const caught = { Error: 'States.Http.StatusCode.404', Cause: '{"error":"no such customer"}' };
  assert.deepEqual(JSON.parse(done.output), caught);
});

test('a message carries the task token to a queue, a topic hears the answer, and what is not configured says so', async () => {
  const sent = new Promise((resolve) => {
    waiting = ({ headers, body }) => headers['x-amz-target'] && resolve({ headers, body: JSON.parse(body) });
  });
  const execution = await start(server.outputs.Messages, {});
  const { headers, body } = await sent;
  assert.match(headers.authorization, /Credential=AKIAELSEWHERE\/\d{8}\/us-east-1\/sqs\/aws4_request/);
  const { token } = JSON.parse(body.MessageBody);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: '"approved"' }));
  const done = await end(execution);
  assert.equal(new URLSearchParams(heard.at(-1).body).get('Message'), 'approved');
  assert.equal(done.error, 'States.TaskFailed');
  assert.match(done.cause, /stepwell does not have the service secretsmanager: .* \[services\.secretsmanager\]/);
});

test('a task takes another role when the role trusts its machine', async () => {
  const { Roles, Role, Trusting } = server.outputs;
  assert.equal((await end(await start(Roles, { role: Trusting }))).status, 'SUCCEEDED');
  const refused = await end(await start(Roles, { role: Role }));
  assert.equal(refused.cause, `The role ${Role} is not authorized to assume the task state's role, ${Role}.`);
});
