// Compiles the schemas to plain functions when the package is built, so a page needs no `unsafe-eval` in its CSP.
//
// Ajv compiles them. Its code is then changed for browsers: its two `require`s become one import of ours, a bundler may
// drop unused regular expressions, and errors lose the fields that nobody reads.
import { Ajv } from 'ajv';
import draft2020 from 'ajv/dist/vocabularies/next.js';
import { _ } from 'ajv/dist/compile/codegen/index.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { transform } from 'esbuild';
import { BASE, messages, readSchemas, resolve } from './contract.mjs';
import { validatorName } from './names.mjs';

/**
 * The keywords `oneOf` and `anyOf`, with the number of errors of each alternative.
 *
 * Ajv lists the errors of all alternatives in one list, before the error that none fits. The numbers say which errors
 * belong to which alternative (src/judge.ts).
 */
const union = (keyword) => ({
  keyword,
  schemaType: 'array',
  trackErrors: true,
  error: { message: '', params: ({ params }) => _`{sizes: ${params.sizes}}` },
  code(cxt) {
    const { gen, schema } = cxt;
    const sizes = gen.const('sizes', _`[]`);
    const passing = gen.let('passing', 0);
    const valid = gen.name('_valid');
    cxt.setParams({ sizes });
    gen.block(() =>
      schema.forEach((_branch, schemaProp) => {
        const before = gen.const('_before', _`errors`);
        cxt.subschema({ keyword, schemaProp, compositeRule: true }, valid);
        gen.code(_`${sizes}.push(errors - ${before})`);
        gen.if(valid, () => gen.code(_`${passing}++`));
      }),
    );
    const fits = keyword === 'oneOf' ? _`${passing} === 1` : _`${passing} > 0`;
    cxt.result(fits, () => cxt.reset(), () => cxt.error(true));
  },
});

/** Ajv with the contract's part of JSON Schema 2020-12: without the `unevaluated…` of Ajv2020, which leaves traces. */
function compiler(schemas) {
  const ajv = new Ajv({
    allErrors: true,
    messages: false,
    strict: true,
    allowUnionTypes: true,
    inlineRefs: false,
    unicodeRegExp: true,
    code: { source: true, esm: true, optimize: 2 },
  });
  ajv.addVocabulary(draft2020.default);
  for (const keyword of ['oneOf', 'anyOf']) {
    ajv.removeKeyword(keyword);
    ajv.addKeyword(union(keyword));
  }
  for (const [file, { $defs = {}, ...schema }] of schemas) {
    ajv.addSchema(rules(schema, file), identity(file));
    for (const [name, part] of Object.entries($defs)) ajv.addSchema(rules(part, file), identity(file, name));
  }
  return ajv;
}

/** The id of a schema in Ajv. A definition is a schema of its own, so that Ajv compiles it once, not for each file. */
const identity = (file, definition) => `${BASE}${file}${definition === undefined ? '' : `/${definition}`}`;

/** Keywords for people and generators, which Ajv would ship with every schema that has an `enum`. */
const ANNOTATIONS = new Set(['$schema', '$id', '$comment', 'title', 'description', 'default', 'writeOnly']);

/** A schema with only its rules, and `null` before the other type, as the server's validator reports it. */
function rules(schema, file) {
  if (typeof schema === 'boolean') return schema;
  const part = (inner) => rules(inner, file);
  const { $ref, ...copy } = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword)));
  if ('properties' in copy) {
    copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([name, inner]) => [name, part(inner)]));
  }
  for (const keyword of ['oneOf', 'anyOf']) if (keyword in copy) copy[keyword] = copy[keyword].map(part);
  for (const keyword of ['items', 'additionalProperties']) if (keyword in copy) copy[keyword] = part(copy[keyword]);
  if (Array.isArray(copy.type)) copy.type = copy.type.toSorted((a, b) => (b === 'null') - (a === 'null'));
  if ($ref === undefined) return copy;
  const target = resolve(file, $ref);
  return { ...copy, $ref: identity(target.file, target.definition) };
}

/** The module with one function per message of `directions`, exported by the validator's name. */
export async function compiledModule(directions) {
  const schemas = readSchemas();
  const exported = messages(schemas, directions).map((message) => [validatorName(message), identity(message.file)]);
  const source = standaloneCode.default(compiler(schemas), Object.fromEntries(exported));
  const module = `import { codePoints, joined } from '../runtime.js';\n${shippable(source)}`;
  const { code } = await transform(module, { loader: 'js', format: 'esm', target: 'es2022', treeShaking: true });
  return `// Generated from contracts/schemas by build/validators.mjs.\n${code}`;
}

/** The declarations beside that module. */
export function compiledTypes(directions) {
  const names = messages(readSchemas(), directions).map(validatorName);
  const lines = names.map((name) => `export declare const ${name}: Compiled;`);
  return `import type { Compiled } from '../runtime.js';\n${lines.join('\n')}\n`;
}

/** What Ajv emits, and what is shipped instead. */
const REPLACEMENTS = [
  [/^"use strict";/, ''],
  // A string's length is in code points; ours also finds lone surrogates.
  [/const (\w+) = require\("ajv\/dist\/runtime\/ucs2length"\)\.default;/g, 'const $1 = codePoints;'],
  [/const func\d+ = Object\.prototype\.hasOwnProperty;/g, ''],
  [/func\d+\.call\((schema[\w.]+), (\w+)\)/g, 'Object.hasOwn($1, $2)'],
  [/new RegExp\(/g, '/* @__PURE__ */ new RegExp('],
  // In place, because copying the list for each wrong item takes seconds where there are thousands.
  [/vErrors = vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\)/g, 'vErrors = joined(vErrors, $1.errors)'],
  // A validator needs only the path of its context.
  [/\{instancePath="", parentData, parentDataProperty, rootData=data\}=\{\}/g, 'instancePath=""'],
  [/\{instancePath(?::([^,{}]+))?,parentData[^{}]*,rootData\}/g, (_all, path) => path ?? 'instancePath'],
  [/schemaPath:"[^"]*",/g, ''],
];

/** Ajv's source as a module for browsers. Throws if Ajv emits something unexpected. */
function shippable(source) {
  const code = REPLACEMENTS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), source);
  const left = /require\(|parentData|schemaPath|hasOwnProperty|Function\(|\.concat\(/.exec(code);
  if (left !== null) throw new Error(`the compiled validators have ${code.slice(left.index - 40, left.index + 80)}`);
  return code;
}
