/** Text in Unicode code points, as the contract counts it; a JavaScript string consists of UTF-16 units. */

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether text has UTF-16 surrogates without their other half. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** The number of code points in a text, for the compiled validators. */
export function codePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++, count++) if (text.codePointAt(index)! > 0xffff) index++;
  return count;
}

/** At most `length` code points of a text, the last of them `…` if it was cut; lone surrogates as `\udxxx`. */
export function clip(text: string, length: number): string {
  const points = text.length <= length ? null : [...text];
  const cut = points === null || points.length <= length ? text : `${points.slice(0, length - 1).join('')}…`;
  return cut.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}

/** Compares by code point, as the server sorts; JavaScript's own `<` compares UTF-16 units. */
export function compareText(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = left[index]!.codePointAt(0)! - right[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
