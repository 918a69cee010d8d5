// The contract as the build sees it: the files of ../schemas and ../examples, by direction and event.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds schemas/, examples/ and VERSION. */
export const CONTRACTS = fileURLToPath(new URL('../../', import.meta.url));
/** The folder of this package. */
export const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
/** What every `$id` starts with; the file's name follows. */
export const BASE = 'https://logiaccounting.example/realtime/schemas/';

/** The directions of the socket, then those of REST; each is a folder of schemas. */
export const SOCKET_DIRECTIONS = ['client', 'server', 'ack'];
export const REST_DIRECTIONS = ['request', 'response'];
export const DIRECTIONS = [...SOCKET_DIRECTIONS, ...REST_DIRECTIONS];

const json = (...parts) => JSON.parse(readFileSync(join(CONTRACTS, ...parts), 'utf8'));

/** The contract's version, as in its VERSION file. */
export const version = () => readFileSync(join(CONTRACTS, 'VERSION'), 'utf8').trim();

/** All schemas by file name relative to schemas/, sorted: `client/room.join.json` → schema. */
export function readSchemas() {
  const files = readdirSync(join(CONTRACTS, 'schemas'), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.json'))
    .sort();
  return new Map(files.map((file) => [file, json('schemas', file)]));
}

/** The messages of some directions: `{ file, direction, event, schema, secret }`, in a fixed order. */
export function messages(schemas, directions = DIRECTIONS) {
  return directions.flatMap((direction) =>
    [...schemas]
      .filter(([file]) => file.startsWith(`${direction}/`))
      .map(([file, schema]) => ({ file, direction, event: eventOf(file), schema, secret: hasSecret(schema) })),
  );
}

/** The examples of one message: `[{ description, data, valid, path }]`. */
export const examples = (file) => json('examples', file);

/** The file name and the name of the definition (undefined: the whole file) that a `$ref` in `file` means. */
export function resolve(file, reference) {
  const url = new URL(reference, BASE + file);
  const [, definition] = /^#\/\$defs\/([^/]+)$/.exec(url.hash) ?? [];
  url.hash = '';
  return { file: url.href.slice(BASE.length), definition };
}

const eventOf = (file) => file.replace(/^[^/]*\//, '').replace(/\.json$/, '').replaceAll('.', ':');

/** Whether a schema has a `writeOnly` part, a token: violations of its payloads quote nothing. */
function hasSecret(node) {
  if (Array.isArray(node)) return node.some(hasSecret);
  if (node === null || typeof node !== 'object') return false;
  return node.writeOnly === true || Object.values(node).some(hasSecret);
}
