/** The compiled validators: what they are, and what they call. */

export { codePoints } from './text.js';

/** An error as the compiled validators list it. */
export interface CompiledError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A compiled validator. It leaves its errors on itself, until it is called again. */
export interface Compiled {
  (payload: unknown): boolean;
  errors?: CompiledError[] | null;
}

/** The errors so far, with those of a part after them. */
export function joined(errors: CompiledError[] | null, more: CompiledError[]): CompiledError[] {
  if (errors === null) return more;
  for (const error of more) errors.push(error);
  return errors;
}
