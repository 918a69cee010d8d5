import { bounded, step } from './pointer.js';
import { clip, hasLoneSurrogate } from './text.js';
import type { Violation } from './violation.js';

/** Levels of arrays and objects that a payload may have. */
export const MAX_DEPTH = 128;
/** Characters of a class's name that a reason quotes. */
const NAME_LENGTH = 60;
/** The integers that fit in 64 bits, signed or not: from -2^63 to below 2^64. */
const [LOWEST_INTEGER, PAST_INTEGERS] = [-(2 ** 63), 2 ** 64];
/** From this number on `JSON.stringify` writes an exponent, and readers take the number for a float. */
const WRITTEN_AS_FLOAT = 1e21;

/** The reasons for a lone surrogate. */
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
 * The violation of a payload that cannot be sent as JSON, wherever in it the reason lies; null if it can.
 *
 * `sent` says that this side will write the payload with `JSON.stringify`. That writes all digits of an integer beyond
 * 64 bits, and readers refuse them.
 */
export function notJson(payload: unknown, sent = false): Violation | null {
  const todo: Place[] = [{ value: payload, path: '', depth: 0 }];
  // Each object is looked at once for each greater depth, so cycles and shared objects end.
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
      // Stop at the first hole: an array may have a billion.
      if (part === undefined) return violation(path + step(key), 'expected JSON, got undefined');
      todo.push({ value: part, path: path + step(key), depth: depth + 1 });
    }
  }
  return null;
}

/** Whether a violation is about a lone surrogate. */
export function isAboutUnicode({ reason }: Violation): boolean {
  return Object.values<string>(NOT_UNICODE).includes(reason);
}

/** Whether a value is an array or a plain object, of any frame or worker. An instance of a class is not JSON. */
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

/** Why a value without parts is not JSON; null if it is. */
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

/** The name of a value that is not JSON: its class, or its `typeof`. */
export function typeName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? clip(name, NAME_LENGTH) : 'object';
}

function violation(path: string, reason: string): Violation {
  return { path: bounded(path), reason, keyword: 'json' };
}
