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

test('what a front end writes compiles, and its mistakes do not', () => {
  const { status, output } = tsc('test/types');
  expect(output).toBe('');
  expect(status).toBe(0);
  const mistakes = readFileSync(join(PACKAGE, 'test/types/wrong.ts'), 'utf8').match(/@ts-expect-error --/g);
  expect(mistakes.length).toBeGreaterThanOrEqual(25);
});

test('the compiler says what is wrong with a payload that may be left out, not that it is no ack', () => {
  const folder = join(PACKAGE, '.tmp/words');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const use = `
    import type { RealtimeSocket } from '@logiaccounting/realtime-contract';
    declare const socket: RealtimeSocket;
    socket.emit('activity:feed', { entity_id: 42 });
    socket.emit('presence:list', { page: 1 });`;
  writeFileSync(join(folder, 'use.ts'), use);
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../tsconfig.json", "include": ["*.ts"] }');
  const { output } = tsc('.tmp/words');
  expect(output).toContain("Property 'entity_type' is missing");
  expect(output).not.toContain('No overload matches');
});

test('every valid example has its type, and no invalid one whose fault types can say', () => {
  const { files, valid, invalid, leftOut } = examplesAsTypes(({ direction, event }, data) => JUDGES[direction][event](data));
  const folder = join(PACKAGE, '.tmp/examples');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../tsconfig.json", "include": ["*.ts"] }');
  console.info(`${valid} valid, ${invalid} invalid, left out by rule: ${JSON.stringify(leftOut)}`);
  expect(tsc('.tmp/examples')).toMatchObject({ status: 0, output: '' });
  expect(invalid).toBeGreaterThan(1000);
  expect(Object.keys(files)).toHaveLength(Object.values(JUDGES).flatMap(Object.keys).length);
});

test('each of those invalid examples is refused by the compiler, not by chance', () => {
  const { files, invalid } = examplesAsTypes(({ direction, event }, data) => JUDGES[direction][event](data));
  const folder = join(PACKAGE, '.tmp/unexpected');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text.replace(/^.*@ts-expect-error.*\n/gm, ''));
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../tsconfig.json", "include": ["*.ts"] }');
  const refused = new Set(tsc('.tmp/unexpected').output.match(/^\S+\(\d+/gm));
  expect(refused.size).toBe(invalid);
});

test('the snippets of the README compile', () => {
  const snippets = readFileSync(join(PACKAGE, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms);
  const folder = join(PACKAGE, '.tmp/readme');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const [, text] of snippets) writeFileSync(join(folder, `snippet${++count}.ts`), `${text}export {};\n`);
  // What a snippet takes for granted.
  const globals = `
    import type { CheckSocketOptions, RealtimeSocket } from '@logiaccounting/realtime-contract';
    declare global {
      const url: string, token: string, log: string[], socket: RealtimeSocket;
      const payload: unknown, emitted: unknown, fixture: unknown, answer: unknown, body: unknown;
      const show: (text: string, urgent?: boolean) => void, renewToken: () => void;
      const onViolation: CheckSocketOptions['onViolation'], expect: typeof import('vitest').expect;
    }`;
  writeFileSync(join(folder, 'globals.d.ts'), globals);
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../test/types/tsconfig.json", "include": ["*.ts"] }');
  expect(tsc('.tmp/readme')).toMatchObject({ status: 0, output: '' });
  expect(count).toBeGreaterThanOrEqual(8);
});
