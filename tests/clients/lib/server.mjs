// Starting and stopping a stepwell, and what its data folder says of it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = new URL('../../../', import.meta.url).pathname;
const binary = process.env.STEPWELL_BIN ?? join(root, 'target/release/stepwell');

export async function startServer(extraArguments = [], environment = {}) {
  const data = mkdtempSync(join(tmpdir(), 'stepwell-clients-'));
  const child = spawn(
    binary,
    ['run', '--port', '0', '--tls-port', '0', '--data', data, ...extraArguments],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => line.includes('Ctrl-C') && resolve());
    ended.then((code) => reject(new Error(`stepwell ended with ${code} before it was ready`)));
  });
  return {
    data,
    ...describe(data),
    async stop() {
      child.kill('SIGINT');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

// Endpoints, outputs, keys and passwords as the data folder has them.
export function describe(data = process.env.STEPWELL_DATA) {
  const read = (name) => JSON.parse(readFileSync(join(data, name), 'utf8'));
  const endpoints = read('endpoints.json');
  const secrets = read('secrets.json');
  const pool = (user) => endpoints.userPools.find(({ users }) => users.includes(user));
  return {
    ...endpoints,
    graphql: `${endpoints.http}/graphql`,
    graphqlTls: `${endpoints.https}/graphql`,
    apiKey: endpoints.outputs.ApiKey,
    pool,
    password: (user) => secrets.passwords[`${pool(user).id}/${user}`],
    credentials: {
      accessKeyId: secrets.accessKeyIds.default,
      secretAccessKey: secrets.secretAccessKeys.default,
    },
  };
}
