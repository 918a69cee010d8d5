// Every example of the contract as TypeScript: the valid ones must compile, the invalid ones must not.
//
// Left out, by rule: what types do not say (lengths, patterns, bounds, a fraction where an integer is due, what is no
// JSON), which is told by the keyword that refuses it; see `isExpressible`.
import { examples, messages, readSchemas } from '../../build/contract.mjs';
import { messageName } from '../../build/names.mjs';

/** Keywords of JSON Schema that TypeScript has a word for. */
const EXPRESSIBLE = new Set(['type', 'required', 'additionalProperties', 'enum', 'const', 'dependentRequired', 'oneOf', 'anyOf']);

/** The files by name, and how many examples are in them: `{ files, valid, invalid, leftOut }`. */
export function examplesAsTypes(judge) {
  const schemas = readSchemas();
  const counts = { valid: 0, invalid: 0, leftOut: {} };
  const files = {};
  for (const message of messages(schemas)) {
    const { file, direction } = message;
    const name = messageName(message);
    const lines = examples(file).flatMap(({ description, data, valid }, index) => {
      const violation = judge(message, data);
      const rule = valid ? null : reasonToLeaveOut(violation, data);
      if (rule !== null) {
        counts.leftOut[rule] = (counts.leftOut[rule] ?? 0) + 1;
        return [];
      }
      counts[valid ? 'valid' : 'invalid'] += 1;
      const expectation = valid ? [] : [`// @ts-expect-error -- ${violation.path}: ${violation.reason}`.replace(/\s/g, ' ')];
      return [`// ${description}`, ...expectation, `export const e${index}: ${name} = ${JSON.stringify(data)};`];
    });
    const from = ['request', 'response'].includes(direction) ? '/rest' : '';
    const head = `import type { ${name} } from '@logiaccounting/realtime-contract${from}';\n`;
    files[`${direction}.${message.event.replaceAll(':', '.')}.ts`] = `${head}${lines.join('\n')}\n`;
  }
  return { files, ...counts };
}

function reasonToLeaveOut({ keyword, path, reason }, data) {
  if (!EXPRESSIBLE.has(keyword)) return keyword;
  if (keyword !== 'type' || !/\binteger\b/.test(reason)) return null;
  const value = path.split('/').slice(1).reduce((inner, name) => inner[name.replaceAll('~1', '/').replaceAll('~0', '~')], data);
  return typeof value === 'number' ? 'a fraction' : null;
}
