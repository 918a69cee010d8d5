// Judges every example of a contracts folder by Ajv, in its strict mode, and prints the verdicts as JSON:
// {"<direction>/<file>": [{"valid": true, "paths": []}, …]}, one per example, `paths` being where errors lie.
// Use: node judge.mjs FOLDER    (the folder that holds schemas/ and examples/)
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

const folder = process.argv[2];
const read = (...parts) => JSON.parse(readFileSync(join(folder, ...parts), 'utf8'));
const list = (name) =>
  readdirSync(join(folder, name), { recursive: true }).filter((file) => file.endsWith('.json')).sort();

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
for (const file of list('schemas')) ajv.addSchema(read('schemas', file), file);

const verdicts = {};
for (const file of list('examples')) {
  const validate = ajv.getSchema(file);
  if (validate === undefined) throw new Error(`examples without schema: ${file}`);
  verdicts[file] = read('examples', file).map(({ data }) => {
    const valid = validate(data);
    return { valid, paths: (validate.errors ?? []).map((error) => error.instancePath) };
  });
}
process.stdout.write(JSON.stringify(verdicts));
