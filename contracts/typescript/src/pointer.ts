/** JSON Pointers (RFC 6901): the paths of violations. */

/** Characters of a path; a deeper place is reported at its nearest ancestor that fits. */
const PATH_LENGTH = 1024;

/** One step of a pointer, escaped. */
export function step(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** How many steps a pointer has. */
export function depth(pointer: string): number {
  return pointer.split('/').length - 1;
}

/** The pointer without its last step. */
export function parent(pointer: string): string {
  return pointer.slice(0, Math.max(pointer.lastIndexOf('/'), 0));
}

/** Whether a pointer leads to a place, or to something inside of it. */
export function isWithin(pointer: string, place: string): boolean {
  return pointer === place || pointer.startsWith(`${place}/`);
}

/** The value at a pointer that is known to lead somewhere. */
export function valueAt(payload: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1);
  return names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], payload);
}

/** The pointer, or the nearest ancestor that a violation may have as its path. */
export function bounded(pointer: string): string {
  let path = pointer;
  while (path.length > PATH_LENGTH && [...path].length > PATH_LENGTH) path = parent(path);
  return path;
}
