// Runs every client test against one stepwell with the shipped application: `npm ci && npm test`, or the files that are
// named. STEPWELL_BIN chooses another binary than that of the release build.
//
// The certificate authority is made at the server's first start, and Node.js reads NODE_EXTRA_CA_CERTS at its own start
// only: so the server is started here, and the tests run in processes of their own.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from './lib/server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const named = process.argv.slice(2);
const files = readdirSync(here).filter(
  (name) => name.endsWith('.test.mjs') && (named.length === 0 || named.includes(name)),
);
if (files.length === 0) throw new Error(`no test file is called ${named.join(' or ')}`);

const server = await startServer();
// Amplify and Apollo's link leave a timer of 15 seconds behind for every connection; nothing waits for it.
const flags = ['--test', '--test-force-exit', '--test-concurrency=1', '--test-reporter=spec'];
const tests = spawn(process.execPath, [...flags, ...files], {
  cwd: here,
  stdio: 'inherit',
  env: { ...process.env, NODE_EXTRA_CA_CERTS: join(server.data, 'ca.pem'), STEPWELL_DATA: server.data },
});
const code = await new Promise((resolve) => tests.on('close', resolve));
await server.stop();
process.exitCode = code ?? 1;
