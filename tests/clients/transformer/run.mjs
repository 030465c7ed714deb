// Runs unchanged what Amplify's GraphQL transformer generates: `npm ci && npm test`, beside an `npm ci` in the folder
// above. The application is synthesized by the real packages, then driven by aws-amplify as each of its users.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../lib/server.mjs';
import { STRATEGIES, synthesize } from './synthesize.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const flags = ['--test', '--test-force-exit', '--test-concurrency=1', '--test-reporter=spec'];

async function run(strategy) {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-transformer-'));
  const server = await startServer([synthesize(folder, 'blog', strategy)]);
  const tests = spawn(process.execPath, [...flags, 'blog.test.mjs'], {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(server.data, 'ca.pem'), STEPWELL_DATA: server.data },
  });
  const code = await new Promise((resolve) => tests.on('close', resolve));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  return code;
}

for (const strategy of Object.keys(STRATEGIES)) {
  console.log(`tables by ${strategy}`);
  process.exitCode ||= (await run(strategy)) ?? 1;
}
