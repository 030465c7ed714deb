// Builds the web pages that the stepwell binary embeds: `npm ci && npm run build`. The results in dist/ are committed,
// so that building the binary needs neither Node nor a network. Text files are stored gzipped and served as they are.
import { build } from 'esbuild';
import { readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const out = new URL('dist/', import.meta.url).pathname;
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
await build({
  entryPoints: ['src/graphiql.jsx'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: out,
  jsx: 'automatic',
  legalComments: 'inline',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'dataurl', '.woff2': 'dataurl' },
});
for (const name of ['graphiql.js', 'graphiql.css']) {
  writeFileSync(`${out}${name}.gz`, gzipSync(readFileSync(`${out}${name}`), { level: 9 }));
  rmSync(`${out}${name}`);
}
