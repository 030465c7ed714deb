// Runs every client test against one stepwell with the shipped application: `npm ci && npm test`.
// The certificate authority is made at the first start and Node reads NODE_EXTRA_CA_CERTS at its own start only, so the
// server is started here and the tests run in processes of their own.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { startServer } from './lib/server.mjs';

const server = await startServer();
const here = new URL('.', import.meta.url).pathname;
const only = process.argv.slice(2);
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs') && (!only.length || only.includes(name)));
const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', ...files], {
  cwd: here,
  stdio: 'inherit',
  env: { ...process.env, NODE_EXTRA_CA_CERTS: `${server.data}/ca.pem`, STEPWELL_DATA: server.data },
});
const code = await new Promise((resolve) => tests.on('close', resolve));
await server.stop();
process.exit(code ?? 1);
