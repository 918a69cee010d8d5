// The shipped package: its size, what is not in it, and that it runs where `eval` is forbidden.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { build as viteBuild } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { PACKAGE } from '../build/contract.mjs';
import { node, run } from './run.mjs';

/** The most bytes, gzipped, that all validators of the socket may add to a front end. */
const ALL_LIMIT = 40_000;
/** The most bytes, gzipped, that one validator may add, with the code that makes violations. */
const ONE_LIMIT = 4_500;

const dist = join(PACKAGE, 'dist');
const files = () => readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));

async function bundled(contents) {
  const { outputFiles } = await bundle({
    stdin: { contents, resolveDir: PACKAGE, loader: 'js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  const { text, contents: bytes } = outputFiles[0];
  return { text, size: gzipSync(bytes).length };
}

const sizes = {};
beforeAll(async () => {
  const name = '@logiaccounting/realtime-contract';
  sizes.all = await bundled(`export { check } from '${name}'`);
  sizes.one = await bundled(`export { clientRoomJoin } from '${name}/validators'`);
  sizes.edit = await bundled(`export { serverDocEdit } from '${name}/validators'`);
  sizes.socket = await bundled(`export { checkSocket } from '${name}'`);
  sizes.rest = await bundled(`export { checkRest } from '${name}/rest'`);
  sizes.none = await bundled(`import '${name}'; import '${name}/validators'; import '${name}/matchers'`);
  console.info(Object.entries(sizes).map(([what, { size }]) => `${what}: ${size} bytes gzipped`).join(', '));
});

test('all validators of the socket together are small', () => {
  expect(sizes.all.size).toBeLessThan(ALL_LIMIT);
});

test('importing one validator adds only that one', () => {
  expect(sizes.one.size).toBeLessThan(ONE_LIMIT);
  expect(sizes.one.text).toContain('entity_id');
  expect(sizes.one.text).not.toMatch(/edit_id|retry_after|notification/);
  expect(sizes.edit.text).not.toMatch(/retry_after|notification_id/);
});

test('importing nothing adds nothing', () => {
  expect(sizes.none.text.trim()).toBe('');
});

test('no shipped file uses eval, loads a module at run time, or imports another package', () => {
  expect(files().length).toBeGreaterThan(15);
  for (const name of files()) {
    const text = readFileSync(join(dist, name), 'utf8');
    expect(text, name).not.toMatch(/\brequire\s*\(|\beval\s*\(|\bFunction\s*\(|\bimport\s*\(|\bprocess\.|\bBuffer\b/);
    for (const [, from] of text.matchAll(/^(?:import\s|(?:import|export)\b[^;]*?\bfrom\s*)['"]([^'"]+)['"]/gm)) expect(from, name).toMatch(/^\.\.?\//);
  }
});

test('no module imports itself, directly or through others', () => {
  const source = join(PACKAGE, 'src');
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|js)$/.test(name));
  const imported = (name) => [...readFileSync(join(source, name), 'utf8').matchAll(/\bfrom\s*['"](\.[^'"]+)\.js['"]/g)];
  const graph = {};
  for (const name of names) {
    const all = imported(name).map(([, from]) => join(dirname(name), from));
    (graph[name.replace(/(\.d)?\.(ts|js)$/, '')] ??= []).push(...all);
  }
  const circles = (name, path) =>
    path.includes(name) ? [[...path, name].join(' → ')] : (graph[name] ?? []).flatMap((next) => circles(next, [...path, name]));
  expect(graph.judge).toContain('reason');
  expect(graph['compiled/socket']).toContain('runtime');
  expect(Object.keys(graph).flatMap((name) => circles(name, []))).toEqual([]);
});

test('it runs where eval is forbidden', () => {
  const code = `
    import { check, checkSocket } from '@logiaccounting/realtime-contract';
    import { checkRest } from '@logiaccounting/realtime-contract/rest';
    try { new Function('return 1')(); throw new TypeError('allowed'); } catch (error) { if (!(error instanceof EvalError)) throw error; }
    console.log(check('client', 'room:join', { entity_type: 'invoice', entity_id: 42 }), check('ack', 'doc:edit', {}).reason,
      checkRest('response', 'error', {}).keyword, typeof checkSocket);`;
  const { stdout, output } = node(['--disallow-code-generation-from-strings', '--input-type=module', '--eval', code]);
  expect(stdout, output).toBe('null missing "ok" required function\n');
});

test('Vite builds a front end with it', async () => {
  const outDir = join(PACKAGE, '.tmp/sample');
  rmSync(outDir, { recursive: true, force: true });
  await viteBuild({ root: join(PACKAGE, 'test/sample'), configFile: false, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const [script] = readdirSync(join(outDir, 'assets')).filter((name) => name.endsWith('.js'));
  const text = readFileSync(join(outDir, 'assets', script), 'utf8');
  expect(text).toContain('not in the contract');
  expect(text).not.toMatch(/\bnew Function\b|\beval\(/);
});

test('the package has what it exports, and no tests or sources', () => {
  const { stdout, output } = run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
  const parsed = JSON.parse(stdout || output);
  const [{ files: packed }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const paths = packed.map(({ path }) => path);
  expect(paths.filter((path) => !/^(dist\/|README\.md$|package\.json$)/.test(path))).toEqual([]);
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  const targets = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)));
  for (const target of targets) expect(paths).toContain(target.replace('./', ''));
});

test('the committed files are current', () => {
  expect(node(['build/build.mjs', '--check'])).toMatchObject({ status: 0, output: '' });
});

test('the judge for other languages answers line by line', () => {
  const lines = ['{"direction":"client","event":"heartbeat"}', '{"direction":"server","event":"error","payload":null}'];
  const { stdout } = node(['build/judge.mjs'], { input: lines.join('\n') });
  const refused = { path: '', reason: 'expected object, got null', keyword: 'type' };
  expect(stdout.trim().split('\n').map((line) => JSON.parse(line))).toEqual([null, refused]);
});
