// Runs boto3, the AWS SDK for Python, against a stepwell of its own. The first argument is the Python that has boto3.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startServer } from './lib/server.mjs';

const [python] = process.argv.slice(2);
if (!python) throw new Error('the first argument is the Python that has boto3');
const server = await startServer();
const tests = spawn(python, ['-m', 'unittest', '--verbose', 'test_states'], {
  cwd: fileURLToPath(new URL('boto3', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', STEPWELL_DATA: server.data },
});
const code = await new Promise((resolve) => tests.on('close', resolve));
await server.stop();
process.exitCode = code ?? 1;
