// What compiles and what does not: a front end's uses by hand, and every example of the contract.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE } from '../build/contract.mjs';
import { ALL as REST } from '../dist/generated/rest-validators.js';
import { ALL as SOCKET } from '../dist/generated/validators.js';
import { tsc } from './run.mjs';
import { examplesAsTypes } from './types/examples.mjs';

const JUDGES = { ...SOCKET, ...REST };

/** What tsc says of a folder of files, made for this: `{ status, output }`. */
function compiled(name, files, base = '../../tsconfig.json') {
  const folder = join(PACKAGE, '.tmp', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: base, include: ['*.ts'] }));
  return tsc(`.tmp/${name}`);
}

const ofExamples = () => examplesAsTypes(({ direction, event }, data) => JUDGES[direction][event](data));

test('what a front end writes compiles, and its mistakes do not', () => {
  const { status, output } = tsc('test/types');
  expect(output).toBe('');
  expect(status).toBe(0);
  const mistakes = readFileSync(join(PACKAGE, 'test/types/wrong.ts'), 'utf8').match(/@ts-expect-error --/g);
  expect(mistakes.length).toBeGreaterThanOrEqual(25);
});

test('the compiler says what is wrong with a payload that may be left out, not that it is no ack', () => {
  const use = `
    import type { RealtimeSocket } from '@logiaccounting/realtime-contract';
    declare const socket: RealtimeSocket;
    socket.emit('activity:feed', { entity_id: 42 });
    socket.emit('presence:list', { page: 1 });`;
  const { output } = compiled('words', { 'use.ts': use });
  expect(output).toContain("Property 'entity_type' is missing");
  expect(output).not.toContain('No overload matches');
});

test('every valid example has its type, and no invalid one whose fault types can say', () => {
  const { files, valid, invalid, leftOut } = ofExamples();
  console.info(`${valid} valid, ${invalid} invalid, left out by rule: ${JSON.stringify(leftOut)}`);
  expect(compiled('examples', files)).toMatchObject({ status: 0, output: '' });
  expect(invalid).toBeGreaterThan(1000);
  expect(Object.keys(files)).toHaveLength(Object.values(JUDGES).flatMap(Object.keys).length);
});

test('each of those invalid examples is refused by the compiler, not by chance', () => {
  const { files, invalid } = ofExamples();
  const bare = Object.entries(files).map(([name, text]) => [name, text.replace(/^.*@ts-expect-error.*\n/gm, '')]);
  const refused = new Set(compiled('unexpected', Object.fromEntries(bare)).output.match(/^\S+\(\d+/gm));
  expect(refused.size).toBe(invalid);
});

test('the snippets of the README compile', () => {
  const snippets = [...readFileSync(join(PACKAGE, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)];
  const files = Object.fromEntries(snippets.map(([, text], n) => [`snippet${n}.ts`, `${text}export {};\n`]));
  // What a snippet takes for granted.
  const globals = `
    import type { CheckSocketOptions, RealtimeSocket } from '@logiaccounting/realtime-contract';
    declare global {
      const url: string, token: string, log: string[], socket: RealtimeSocket;
      const payload: unknown, emitted: unknown, fixture: unknown, answer: unknown, body: unknown;
      const show: (text: string, urgent?: boolean) => void, renewToken: () => void;
      const onViolation: CheckSocketOptions['onViolation'], expect: typeof import('vitest').expect;
    }`;
  const said = compiled('readme', { ...files, 'globals.d.ts': globals }, '../../test/types/tsconfig.json');
  expect(said).toMatchObject({ status: 0, output: '' });
  expect(snippets.length).toBeGreaterThanOrEqual(8);
});
