/** The compiled validators: what they are, and what they call. */

export { codePoints } from './text.js';

/** An error as the compiled validators list it. */
export interface CompiledError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A compiled validator. Its errors are a property of the function, until it is called again. */
export interface Compiled {
  (payload: unknown): boolean;
  errors?: CompiledError[] | null;
}

/** Adds the errors of a part to the errors so far, in place. */
export function joined(errors: CompiledError[] | null, more: CompiledError[]): CompiledError[] {
  if (errors === null) return more;
  for (const error of more) errors.push(error);
  return errors;
}
