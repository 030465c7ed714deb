// Every state machine of the shipped application against the JSON schema of the Amazon States Language (asl-validator).
import { readdirSync, readFileSync } from 'node:fs';
import validate from 'asl-validator';

const folder = new URL('../../infra/state-machines/', import.meta.url);
let failed = false;
for (const name of readdirSync(folder).filter((file) => file.endsWith('.asl.json'))) {
  // Names in dollar braces are replaced by DefinitionSubstitutions before AWS sees them.
  const text = readFileSync(new URL(name, folder), 'utf8').replaceAll(/\$\{(\w+)\}/g, '$1');
  const { isValid, errorsText } = validate(JSON.parse(text), { checkPaths: false });
  console.log(`${name}: ${isValid ? 'valid' : errorsText()}`);
  failed ||= !isValid;
}
process.exitCode = failed ? 1 : 0;
