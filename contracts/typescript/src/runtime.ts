/** What the compiled validators call. */
import type { CompiledError } from './violation.js';

export { codePoints } from './text.js';

/** The errors so far, with those of a part after them. */
export function joined(errors: CompiledError[] | null, more: CompiledError[]): CompiledError[] {
  if (errors === null) return more;
  for (const error of more) errors.push(error);
  return errors;
}
