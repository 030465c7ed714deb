// Starting and stopping a stepwell, and what its data folder says of it.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = process.env.STEPWELL_BIN ?? join(root, 'target/release/stepwell');

// The tests' own STEPWELL_* variables are no settings, and the server refuses those that it does not know.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STEPWELL_')));

// Starts the shipped application on free ports, in a fresh data folder unless one is named.
export async function startServer(moreArguments = [], moreEnvironment = {}, folder = undefined) {
  const data = folder ?? mkdtempSync(join(tmpdir(), 'stepwell-clients-'));
  // The authority that the tests trust is that of the shared server.
  const trusted = process.env.STEPWELL_DATA;
  if (trusted && !folder) for (const file of ['ca.pem', 'ca.key']) copyFileSync(join(trusted, file), join(data, file));
  const child = spawn(
    binary,
    ['run', '--port', '0', '--tls-port', '0', '--data', data, ...moreArguments],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...environment, ...moreEnvironment } },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    // The last line of the banner.
    createInterface({ input: child.stdout }).on('line', (line) => line.includes('Ctrl-C') && resolve());
    ended.then((code) => reject(new Error(`${binary} ended with ${code} before it was ready`)));
  });
  return {
    data,
    ...describe(data),
    // Ends it as nothing can prevent; the folder stays.
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGINT');
      const code = await ended;
      rmSync(data, { recursive: true, force: true });
      if (code !== 0) throw new Error(`stepwell ended with ${code} after an interrupt`);
    },
  };
}

// Endpoints, outputs, keys and passwords as the data folder has them.
export function describe(data = process.env.STEPWELL_DATA) {
  if (!data) throw new Error('run the tests through run.mjs, which starts the server');
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
