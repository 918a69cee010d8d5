// Makes a TypeScript type of a JSON Schema of the contract's subset.
//
// The types have shapes, closed objects, literals, null, and which properties go together. The validators have the rest:
// lengths, patterns, bounds.
import { definitionName, messageName } from './names.mjs';
import { resolve } from './contract.mjs';

/** Characters of a line of generated code. */
const WIDTH = 118;

/** Emits types of one contract. Remembers the shared types that were used, for the imports. */
export class Emitter {
  used = new Set();

  constructor(schemas) {
    this.schemas = schemas;
  }

  /** The schema that a `$ref` in `file` leads to, with the file it is in. */
  target(file, reference) {
    const { file: where, definition } = resolve(file, reference);
    const schema = this.schemas.get(where);
    return { file: where, definition, schema: definition === undefined ? schema : schema.$defs[definition] };
  }

  /** A whole declaration, with its documentation. */
  declaration(name, schema, file) {
    const text = docs(schema, '');
    if (isObject(schema) && schema.properties && !schema.dependentRequired && hasProperties(schema)) {
      return `${text}export interface ${name} ${this.members(schema, file, '')}\n`;
    }
    return `${text}export type ${name} = ${this.type(schema, file, '', true)};\n`;
  }

  /** A schema as a type expression. */
  type(schema, file, indent, top = false) {
    if (schema.$ref !== undefined) return this.reference(file, schema.$ref);
    const branches = schema.oneOf ?? schema.anyOf;
    if (branches !== undefined) return this.union(branches, file, indent, top);
    if ('const' in schema) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) return join(schema.enum.map((value) => JSON.stringify(value)), indent, top);
    const types = [schema.type ?? []].flat();
    if (types.length === 0) return this.json();
    return join(types.map((type) => this.simple(type, schema, file, indent)), indent, top);
  }

  simple(type, schema, file, indent) {
    switch (type) {
      case 'integer':
        return 'number';
      case 'array': {
        const items = this.type(schema.items, file, indent);
        return /^\w+$/.test(items) ? `${items}[]` : `Array<${items}>`;
      }
      case 'object':
        return this.object(schema, file, indent);
      default:
        return type;
    }
  }

  object(schema, file, indent) {
    if (schema.additionalProperties === true) return `{ [name: string]: ${this.json()} }`;
    // An interface without members would accept anything; this accepts `{}` only.
    if (!hasProperties(schema)) return 'Record<string, never>';
    const members = this.members(schema, file, indent);
    const together = Object.entries(schema.dependentRequired ?? {}).map(([name, others]) => {
      const alone = `{ ${name}?: never }`;
      const asked = others.map((other) => `${other}: ${this.type(schema.properties[other], file, indent)}`);
      return ` & (${alone} | { ${asked.join('; ')} })`;
    });
    return members + together.join('');
  }

  members(schema, file, indent) {
    const inner = `${indent}  `;
    const lines = Object.entries(schema.properties).map(([name, part]) => {
      const optional = (schema.required ?? []).includes(name) ? '' : '?';
      return `${docs(this.described(part, file), inner)}${inner}${name}${optional}: ${this.type(part, file, inner)};\n`;
    });
    return `{\n${lines.join('')}${indent}}`;
  }

  /** A property's own words, or those of what it refers to. */
  described(schema, file) {
    if (schema.$ref === undefined) return schema;
    const target = this.target(file, schema.$ref);
    return { ...this.described(target.schema, target.file), ...schema };
  }

  /** Alternatives. Where no value tells them apart, each excludes the properties of the others. */
  union(branches, file, indent, top) {
    const objects = branches.map((branch) => this.described(branch, file));
    const names = objects.map((branch) => (isObject(branch) ? Object.keys(branch.properties) : null));
    const told = names.includes(null) || names[0].some((name) => objects.every((o) => isLiteral(o.properties[name])));
    const types = branches.map((branch, index) => {
      const type = this.type(branch, file, indent);
      const foreign = told ? [] : [...new Set(names.flat())].filter((name) => !names[index].includes(name));
      return foreign.length === 0 ? type : `(${type} & { ${foreign.map((name) => `${name}?: never`).join('; ')} })`;
    });
    return join(types, indent, top);
  }

  reference(file, reference) {
    const { file: where, definition } = resolve(file, reference);
    const [folder, stem] = where.replace(/\.json$/, '').split('/');
    const name = definition === undefined ? messageName({ direction: folder, event: stem }) : definitionName(where, definition);
    if (folder === 'shared') this.used.add(name);
    return name;
  }

  json() {
    this.used.add('JsonValue');
    return 'JsonValue';
  }
}

/** Documentation from a schema's title and description. */
export function docs({ title, description, default: preset }, indent) {
  const text = [description ?? title, preset === undefined ? '' : `Default: \`${JSON.stringify(preset)}\`.`];
  const words = text.join(' ').trim().replaceAll('*/', '*\\/').split(' ');
  const room = WIDTH - indent.length - 3;
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== '' && last.length + word.length + 1 > room - 4) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

const isObject = (schema) => schema.type === 'object' && schema.additionalProperties !== true;
const hasProperties = (schema) => Object.keys(schema.properties ?? {}).length > 0;
const isLiteral = (schema) => schema !== undefined && ('const' in schema || schema.enum !== undefined);

/** A union, each alternative once, on lines of their own if it is a declaration's and long. */
function join(types, indent, top) {
  const all = [...new Set(types)];
  const line = all.join(' | ');
  if (!top || all.length === 1 || indent.length + line.length < WIDTH - 45) return line;
  return all.map((type) => `\n${indent}  | ${type}`).join('');
}

/** A property's or an event's name as a key. */
export const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);
