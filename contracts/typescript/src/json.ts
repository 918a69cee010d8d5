import { bounded, step } from './pointer.js';
import { clip, hasLoneSurrogate } from './text.js';
import type { Violation } from './violation.js';

/** Levels of arrays and objects that a payload may have. */
export const MAX_DEPTH = 128;
/** Characters that are quoted of the name of a class. */
const NAME_LENGTH = 60;
/** The integers that readers of JSON hold, in 64 bits, signed or not: from -2^63 to below 2^64. */
const [LOWEST_INTEGER, PAST_INTEGERS] = [-(2 ** 63), 2 ** 64];
/** From here on `JSON.stringify` writes a number with an exponent, which is read as a float. */
const WRITTEN_AS_FLOAT = 1e21;

/** What is said of lone surrogates. */
const NOT_UNICODE = {
  name: 'expected property names in Unicode text',
  text: 'expected Unicode text, got a lone surrogate',
} as const;

interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

/**
 * A violation if a payload could not travel as JSON as it is, wherever inside it the reason lies.
 *
 * `sent` says that it is this side that will write it, with `JSON.stringify`: of an integer beyond 64 bits all digits
 * would be written, and refused by who reads them.
 */
export function notJson(payload: unknown, sent = false): Violation | null {
  const todo: Place[] = [{ value: payload, path: '', depth: 0 }];
  // An object that is met again no deeper brings nothing new: this keeps cycles, and objects that are shared, finite.
  const seen = new Map<object, number>();
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    const { value, path, depth } = place;
    if (!isContainer(value)) {
      const flaw = flawOf(value, sent);
      if (flaw !== null) return violation(path, flaw);
      continue;
    }
    if (depth >= MAX_DEPTH) return violation('', `nested deeper than ${MAX_DEPTH} levels`);
    if ((seen.get(value) ?? -1) >= depth) continue;
    seen.set(value, depth);
    const keys = Array.isArray(value) ? keysOfArray(value) : Object.keys(value);
    for (const key of keys) {
      const part = (value as Record<string | number, unknown>)[key];
      if (typeof key === 'string' && hasLoneSurrogate(key)) {
        return violation(path, NOT_UNICODE.name);
      }
      // At once: of an array with a billion holes the first is enough.
      if (part === undefined) return violation(path + step(key), 'expected JSON, got undefined');
      todo.push({ value: part, path: path + step(key), depth: depth + 1 });
    }
  }
  return null;
}

/** Whether it is a lone surrogate that a violation is about. */
export function isAboutUnicode({ reason }: Violation): boolean {
  return Object.values<string>(NOT_UNICODE).includes(reason);
}

/** An array or a plain object, of whatever frame or worker. An instance of a class is not JSON, it only has some. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (Object.hasOwn(prototype as object, 'hasOwnProperty') && Object.getPrototypeOf(prototype) === null);
}

/** The indexes of an array, holes included, one at a time. */
function* keysOfArray(array: readonly unknown[]): Generator<number> {
  for (let index = 0; index < array.length; index++) yield index;
}

/** What keeps a value without parts from being JSON. */
function flawOf(value: unknown, sent: boolean): string | null {
  switch (typeof value) {
    case 'boolean':
      return null;
    case 'string':
      return hasLoneSurrogate(value) ? NOT_UNICODE.text : null;
    case 'number':
      return flawOfNumber(value, sent);
    default:
      return value === null ? null : `expected JSON, got ${typeName(value)}`;
  }
}

function flawOfNumber(value: number, sent: boolean): string | null {
  if (!Number.isFinite(value)) {
    return `expected a finite number, got ${String(value).replace('Infinity', 'inf').toLowerCase()}`;
  }
  const large = value < LOWEST_INTEGER || value >= PAST_INTEGERS;
  return sent && large && Math.abs(value) < WRITTEN_AS_FLOAT ? 'expected an integer within 64 bits' : null;
}

/** What a value that is not JSON is called: its class, or its `typeof`. */
export function typeName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? clip(name, NAME_LENGTH) : 'object';
}

function violation(path: string, reason: string): Violation {
  return { path: bounded(path), reason, keyword: 'json' };
}
