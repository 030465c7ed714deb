// Runs unchanged what Amplify's GraphQL transformer generates: `npm ci && npm test`, beside an `npm ci` in the folder
// above. The application is synthesized by the real packages, then driven by aws-amplify as each of its users.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../lib/server.mjs';
import { synthesizeShop } from './shop.mjs';
import { synthesize } from './synthesize.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const flags = ['--test', '--test-force-exit', '--test-concurrency=1', '--test-reporter=spec'];

// Synthesizes an application, runs it, and runs its tests.
async function run(name, what, written) {
  console.log(`${name}: ${what}`);
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-transformer-'));
  const server = await startServer([written(folder)]);
  const tests = spawn(process.execPath, [...flags, `${name}.test.mjs`], {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(server.data, 'ca.pem'), STEPWELL_DATA: server.data },
  });
  const code = await new Promise((resolve) => tests.on('close', resolve));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exitCode ||= code ?? 1;
}

for (const strategy of ['cloudformation', 'amplify']) {
  await run('blog', `tables by ${strategy}`, (folder) => synthesize(folder, 'blog', strategy));
}
await run('library', 'tables by amplify', (folder) => synthesize(folder, 'library', 'amplify'));
await run('shop', 'constructs of the AWS CDK', synthesizeShop);
