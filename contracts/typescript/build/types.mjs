// The files of src/generated: types of all messages, the maps for Socket.IO, and a validator and a guard per message.
import { DIRECTIONS, REST_DIRECTIONS, SOCKET_DIRECTIONS, messages, readSchemas, version } from './contract.mjs';
import { checkNames, definitionName, messageName, validatorName } from './names.mjs';
import { Emitter, docs, key } from './typescript.mjs';

const HEAD = '// Generated from contracts/schemas by `npm run build`. Do not edit: change the schemas.\n\n';

/** Which file has the types of a direction. */
const MODULES = { client: 'client', server: 'server', ack: 'ack', request: 'rest', response: 'rest' };

/** All generated files by name: `{ 'client.ts': text }`. */
export function generatedFiles() {
  const schemas = readSchemas();
  checkNames(schemas);
  return {
    'shared.ts': sharedTypes(schemas),
    ...Object.fromEntries(SOCKET_DIRECTIONS.map((name) => [`${name}.ts`, messageTypes(schemas, [name])])),
    'rest.ts': messageTypes(schemas, REST_DIRECTIONS),
    'events.ts': eventMaps(schemas),
    'validators.ts': validators(schemas, SOCKET_DIRECTIONS, 'socket'),
    'rest-validators.ts': validators(schemas, REST_DIRECTIONS, 'rest'),
    'version.ts': `${HEAD}/** The contract's version. */\nexport const VERSION = '${version()}';\n`,
  };
}

function sharedTypes(schemas) {
  const emitter = new Emitter(schemas);
  const parts = [...schemas].flatMap(([file, { $defs = {} }]) => {
    if (!file.startsWith('shared/')) return [];
    return Object.entries($defs).map(([name, part]) => emitter.declaration(definitionName(file, name), part, file));
  });
  const json =
    '/** Any JSON, for the data of the application. */\n' +
    'export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };\n';
  return HEAD + [json, ...parts].join('\n');
}

function messageTypes(schemas, directions) {
  const emitter = new Emitter(schemas);
  const parts = messages(schemas, directions).flatMap((message) => {
    const { file, schema } = message;
    const own = Object.entries(schema.$defs ?? {}).map(([name, part]) => [definitionName(file, name), part]);
    return [...own, [messageName(message), schema]].map(([name, part]) => emitter.declaration(name, part, file));
  });
  return `${HEAD}${imports(emitter.used, 'shared')}\n${parts.join('\n')}`;
}

/** The import of some types. */
function imports(names, module) {
  const lines = [...names].sort().map((name) => `  ${name},\n`);
  return `import type {\n${lines.join('')}} from './${module}.js';\n`;
}

/** The imports of the types of messages. */
function importsOf(all) {
  const modules = new Set(all.map(({ direction }) => MODULES[direction]));
  const of = (module) => all.filter(({ direction }) => MODULES[direction] === module).map(messageName);
  return [...modules].map((module) => imports(of(module), module)).join('');
}

function eventMaps(schemas) {
  const all = messages(schemas);
  const of = (direction) => all.filter((message) => message.direction === direction);
  const maps = DIRECTIONS.map((direction) => {
    const lines = of(direction).map((message) => `  ${key(message.event)}: ${messageName(message)};\n`);
    return `/** The payloads of direction \`${direction}\`, by event. */\nexport interface ${MAP_NAMES[direction]} {\n${lines.join('')}}\n`;
  });
  const clientEvents = of('client').filter(({ event }) => event !== 'connect');
  const client = clientEvents.map((message) => {
    const [payload, ack] = [messageName(message), `Ack<${messageName({ ...message, direction: 'ack' })}>`];
    return `${docs(message.schema, '  ')}  ${key(message.event)}: (payload: ${payload}, ack: ${ack}) => void;\n`;
  });
  const server = of('server').filter(({ event }) => event !== 'connect_error').map((message) => {
    return `${docs(message.schema, '  ')}  ${key(message.event)}: (payload: ${messageName(message)}) => void;\n`;
  });
  return [
    HEAD,
    importsOf(all),
    '\n',
    ...['shared', ...new Set(Object.values(MODULES))].map((module) => `export type * from './${module}.js';\n`),
    `\n${ACK}`,
    `\n/** What the client receives: \`Socket<ServerToClientEvents, ClientToServerEvents>\`. */\nexport interface ServerToClientEvents {\n${server.join('')}}\n`,
    `\n/** What the client sends, in full: the ack may be left out, and so may a payload that may be \`{}\` (src/socket-types.ts). */\nexport interface ClientToServerEvents {\n${client.join('')}}\n`,
    ...maps.map((map) => `\n${map}`),
  ].join('');
}

const MAP_NAMES = {
  client: 'ClientMessages',
  server: 'ServerMessages',
  ack: 'AckMessages',
  request: 'RestRequests',
  response: 'RestResponses',
};

const ACK =
  '/** Takes the answer to an event: `answer.ok` tells success from failure, `answer.error.code` one failure from another. */\n' +
  'export type Ack<Answer> = (answer: Answer) => void;\n';

/** One function and one guard per message, each droppable by a bundler, and the table of all of them. */
function validators(schemas, directions, module) {
  const all = messages(schemas, directions);
  const functions = all.map((message) => {
    const [name, type] = [validatorName(message), messageName(message)];
    const how = [
      ...(message.secret ? ['secret: true'] : []),
      ...(['client', 'request'].includes(message.direction) ? ['sent: true'] : []),
    ].join(', ');
    const title = message.schema.title;
    return (
      `/** Checks a payload of ${title}: null if it is valid. An absent payload is \`{}\`. */\n` +
      `export function ${name}(payload?: unknown): Violation | null {\n` +
      `  return judge(compiled.${name}, payload${how === '' ? '' : `, { ${how} }`});\n}\n\n` +
      `/** Whether a value is a payload of ${title}. */\n` +
      `export function is${type}(payload: unknown): payload is ${type} {\n` +
      `  return payload !== undefined && ${name}(payload) === null;\n}\n`
    );
  });
  const tables = directions.map((direction) => {
    const some = all.filter((message) => message.direction === direction);
    const lines = some.map((message) => `    ${key(message.event)}: ${validatorName(message)},\n`);
    return `  ${direction}: {\n${lines.join('')}  },\n`;
  });
  const secrets = all.filter(({ secret }) => secret).map(({ direction, event }) => `'${direction} ${event}'`);
  return (
    HEAD +
    `import * as compiled from '../compiled/${module}.js';\nimport { judge } from '../judge.js';\nimport type { Violation } from '../violation.js';\n${importsOf(all)}\n${functions.join('\n')}\n` +
    `/** All validators, by direction and event. */\nexport const ALL = {\n${tables.join('')}} as const;\n\n` +
    `/** The messages with a token in them, as \`direction event\`. */\n` +
    `export const SECRET: readonly string[] = [${secrets.join(', ')}];\n`
  );
}
