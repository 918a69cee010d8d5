import { isAboutUnicode, notJson } from './json.js';
import { bounded, depth, isWithin, parent } from './pointer.js';
import { reasonFor, type Complaint } from './reason.js';
import type { Compiled, CompiledError } from './runtime.js';
import { compareText } from './text.js';
import type { Violation } from './violation.js';

/*
 * A validator lists every broken rule, and every alternative of a `oneOf`. A developer wants one line. `judge` chooses
 * the alternative that was meant and the shallowest complaint in it, as the server does (contract/violations.py).
 */

/** How a message is checked, beyond its schema. */
export interface Judgement {
  /** The payload has a token in it: its violation quotes nothing. */
  readonly secret?: boolean;
  /** The client sends it (`notJson`). */
  readonly sent?: boolean;
}

/** Properties that tell the alternatives of a `oneOf` apart: an ack's `ok`, an error's `code`, an operation's `op`. */
const DISCRIMINATORS: readonly string[] = ['/ok', '/code', '/op'];
/** Which complaint comes first where several are at the same place; the others follow by name. */
const PRECEDENCE: readonly string[] = ['type', 'required', 'dependentRequired', 'const', 'enum'];
const VALUE_KEYWORDS: readonly string[] = ['type', 'const', 'enum'];
const NAMING: readonly string[] = ['required', 'additionalProperties'];

/** The violation to report for a payload, null if it is valid. An absent payload is `{}`. Never throws. */
export function judge(compiled: Compiled, given: unknown, how: Judgement = {}): Violation | null {
  const payload = given === undefined ? {} : given;
  try {
    const flaw = notJson(payload, how.sent);
    if (compiled(payload)) return flaw;
    const errors = compiled.errors ?? [];
    // The server cannot quote text with a lone surrogate, so it reports that first; so does this.
    if (flaw !== null && isAboutUnicode(flaw) && errors.some((e) => isWithin(flaw.path, e.instancePath))) return flaw;
    const first = merged(complaintsOf(errors));
    return {
      path: bounded(first.path),
      reason: reasonFor(first, payload, how.secret !== true),
      keyword: first.keyword,
    };
  } catch {
    // The payload is an object that throws when it is read.
    return { path: '', reason: 'expected JSON', keyword: 'json' };
  }
}

/** The complaints in a flat list of errors, in which the errors of the alternatives of a `oneOf` stand before its own. */
function complaintsOf(errors: readonly CompiledError[]): Complaint[] {
  const backwards: Complaint[] = [];
  let end = errors.length;
  while (end > 0) {
    const { instancePath: path, keyword, params } = errors[--end]!;
    if (keyword === 'oneOf' || keyword === 'anyOf') {
      const sizes = params['sizes'] as readonly number[];
      let start = end - sizes.reduce((sum, size) => sum + size, 0);
      end = start;
      const branches = sizes.map((size) => complaintsOf(errors.slice(start, (start += size))));
      backwards.push(...alternatives(branches, path, keyword).reverse());
    } else {
      const last = backwards.at(-1);
      const terms = termsOf(keyword, params);
      // Ajv lists the unknown properties of an object one by one; they are one complaint.
      const more = keyword === 'additionalProperties' && last?.keyword === keyword && last.path === path;
      if (more) backwards.push({ path, keyword, terms: [...terms, ...backwards.pop()!.terms] });
      else backwards.push({ path, keyword, terms });
    }
  }
  return backwards.reverse();
}

/** The complaints to report when no branch of a `oneOf` or `anyOf` fits the value at `here`. */
function alternatives(branches: readonly Complaint[][], here: string, keyword: string): Complaint[] {
  const ofType = (branch: readonly Complaint[]) => branch.filter((c) => c.path === here && c.keyword === 'type');
  const typed = branches.filter((branch) => ofType(branch).length === 0);
  if (typed.length === 0) return [merged(branches.flatMap(ofType))];
  const undecided = typed.filter((branch) => discriminating(branch, here).length === 0);
  if (undecided.length === 0) return [merged(typed.flatMap((branch) => discriminating(branch, here)))];
  const shaped = undecided.filter((branch) => !ofAnotherShape(branch, here));
  const meant = shaped.length > 0 ? shaped : undecided;
  const shared = meant[0]!.filter((c) => meant.slice(1).every((other) => other.some((d) => isSame(c, d))));
  return shared.length > 0 ? shared : [{ path: here, keyword, terms: toldApartBy(meant, here) }];
}

/** The complaints that say that a branch was not meant: about the property that tells the branches apart. */
function discriminating(branch: readonly Complaint[], here: string): Complaint[] {
  return branch
    .filter(({ path }) => path.length > here.length && parent(path) === here)
    .filter(({ path, keyword }) => DISCRIMINATORS.includes(path.slice(here.length)) && VALUE_KEYWORDS.includes(keyword))
    .map((c) => (c.keyword === 'type' ? c : { ...c, keyword: 'enum' }));
}

/** Whether the object at `here` lacks properties that a branch asks for, and has others instead. */
function ofAnotherShape(branch: readonly Complaint[], here: string): boolean {
  return NAMING.every((keyword) => branch.some((c) => c.path === here && c.keyword === keyword));
}

/** The properties that some branches ask for or refuse and others do not: of those an object has to have one. */
function toldApartBy(branches: readonly Complaint[][], here: string): string[] {
  const named = branches.map((branch) => {
    return new Set(branch.filter((c) => c.path === here && NAMING.includes(c.keyword)).flatMap((c) => c.terms));
  });
  const all = [...new Set(named.flatMap((names) => [...names]))];
  const telling = all.filter((name) => !named.every((names) => names.has(name)));
  return telling.sort(compareText).map((name) => JSON.stringify(name));
}

/** The complaint that is reported, with the terms of all others with its keyword at its place. */
function merged(complaints: readonly Complaint[]): Complaint {
  const first = complaints.reduce((best, c) => (compareComplaints(c, best) < 0 ? c : best));
  const alike = complaints.filter((c) => c.path === first.path && c.keyword === first.keyword);
  return { ...first, terms: [...new Set(alike.flatMap((c) => c.terms))] };
}

/** Shallow before deep, then by path, then by what is wrong. */
function compareComplaints(a: Complaint, b: Complaint): number {
  return (
    depth(a.path) - depth(b.path) ||
    compareText(a.path, b.path) ||
    precedence(a.keyword) - precedence(b.keyword) ||
    compareText(a.keyword, b.keyword)
  );
}

function precedence(keyword: string): number {
  const place = PRECEDENCE.indexOf(keyword);
  return place < 0 ? PRECEDENCE.length : place;
}

function isSame(a: Complaint, b: Complaint): boolean {
  return a.path === b.path && a.keyword === b.keyword && JSON.stringify(a.terms) === JSON.stringify(b.terms);
}

/** What a rule asks for, from the parameters of an error of Ajv. */
function termsOf(keyword: string, params: CompiledError['params']): string[] {
  switch (keyword) {
    case 'type':
      return [params['type']].flat() as string[];
    case 'required':
    case 'dependentRequired':
      return [String(params['missingProperty'])];
    case 'additionalProperties':
      return [String(params['additionalProperty'])];
    case 'const':
      return [JSON.stringify(params['allowedValue'])];
    case 'enum':
      return (params['allowedValues'] as readonly unknown[]).map((value) => JSON.stringify(value));
    default:
      return [String(params['limit'] ?? params['pattern'])];
  }
}
