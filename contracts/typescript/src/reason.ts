import { typeName } from './json.js';
import { valueAt } from './pointer.js';
import { clip, codePoints, compareText } from './text.js';

/** One broken rule. `terms` is what the rule asks for: types, property names, values, a limit. */
export interface Complaint {
  readonly path: string;
  readonly keyword: string;
  readonly terms: readonly string[];
}

/** Characters of a refused value that its reason quotes: enough to recognise it, few enough for a console. */
const QUOTE_LENGTH = 60;
/** Characters of a list of property names, and of what a rule asks for. */
const [NAMES_LENGTH, ASKED_LENGTH] = [3 * QUOTE_LENGTH, 6 * QUOTE_LENGTH];
/** Below this number the server writes a fraction with an exponent. */
const SMALL = 1e-4;

const SIZES: Readonly<Record<string, string>> = {
  minLength: 'or more characters',
  maxLength: 'or fewer characters',
  minItems: 'or more items',
  maxItems: 'or fewer items',
};

const ASKED: Readonly<Record<string, (terms: readonly string[]) => string>> = {
  type: (terms) => `expected ${asked(or(terms))}`,
  const: (terms) => `expected ${asked(or(terms))}`,
  enum: (terms) => `expected ${asked(or(terms))}`,
  pattern: (terms) => `expected text like ${asked(terms.join(''))}`,
  minimum: (terms) => `expected ${asked(terms.join(''))} or more`,
  maximum: (terms) => `expected ${asked(terms.join(''))} or less`,
  oneOf: () => 'expected one of the allowed forms',
  anyOf: () => 'expected one of the allowed forms',
};

/** The reason of a violation, in the server's words. Without `quote` it has nothing of the payload in it. */
export function reasonFor({ path, keyword, terms }: Complaint, payload: unknown, quote: boolean): string {
  const value = valueAt(payload, path);
  const size = SIZES[keyword];
  if (size !== undefined) {
    const length = typeof value === 'string' ? codePoints(value) : (value as readonly unknown[]).length;
    return `expected ${terms[0]} ${size}, got ${length}`;
  }
  if (keyword === 'required' || keyword === 'dependentRequired') {
    return `missing ${clip(terms.map((term) => JSON.stringify(term)).join(', '), NAMES_LENGTH)}`;
  }
  if (keyword === 'additionalProperties') {
    const [first] = [...terms].sort(compareText);
    return quote ? `unknown property ${clip(JSON.stringify(first), QUOTE_LENGTH)}` : 'unknown property';
  }
  if ((keyword === 'oneOf' || keyword === 'anyOf') && terms.length > 0) {
    return `expected exactly one of ${clip(or(terms), NAMES_LENGTH)}`;
  }
  const wanted = ASKED[keyword]?.(terms) ?? `refused by ${keyword}`;
  return quote ? `${wanted}, got ${quoted(value)}` : wanted;
}

/** `"a", "b" or "c"`. */
function or(terms: readonly string[]): string {
  return [terms.slice(0, -1).join(', '), terms.at(-1)].filter(Boolean).join(' or ');
}

function asked(text: string): string {
  return clip(text, ASKED_LENGTH);
}

/** A refused value as a reason shows it. */
function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return clip(JSON.stringify(value), QUOTE_LENGTH);
  }
  const name = typeName(value);
  return name === 'Object' || name === 'object' ? 'an object' : `a value of type ${name}`;
}

/** A number as the server writes it, in Python: 0.00001 is `1e-05`. */
function numberText(value: number): string {
  if (value === 0 || Math.abs(value) >= SMALL) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}
