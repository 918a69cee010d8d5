// Everything, in order: the generated sources, the compiled validators, dist/.
// Use: node build/build.mjs           builds
//      node build/build.mjs --check   checks that the committed files are current; writes nothing
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE, REST_DIRECTIONS, SOCKET_DIRECTIONS, version } from './contract.mjs';
import { generatedFiles } from './types.mjs';
import { compiledModule, compiledTypes } from './validators.mjs';

const path = (...parts) => join(PACKAGE, ...parts);
const read = (...parts) => (existsSync(path(...parts)) ? readFileSync(path(...parts), 'utf8') : '');

/** What is committed and not as it would be generated now, and versions that differ. */
function findings() {
  const files = generatedFiles();
  const stale = Object.keys(files).filter((name) => read('src/generated', name) !== files[name]);
  const strange = readdirSync(path('src/generated')).filter((name) => !(name in files));
  const { version: ours } = JSON.parse(read('package.json'));
  const locked = JSON.parse(read('package-lock.json'));
  const versions = { 'package.json': ours, 'package-lock.json': locked.version, 'its root': locked.packages[''].version };
  return [
    ...stale.map((name) => `src/generated/${name} is not current: npm run build`),
    ...strange.map((name) => `src/generated/${name} is not generated (any more): delete it`),
    ...Object.entries(versions)
      .filter(([, found]) => found !== version())
      .map(([where, found]) => `${where} has version ${found}, the contract ${version()}: npm version ${version()}`),
    ...(/"resolved"/.test(read('package-lock.json')) ? ['package-lock.json names a registry'] : []),
  ];
}

async function build() {
  for (const folder of ['src/compiled', 'dist']) rmSync(path(folder), { recursive: true, force: true });
  for (const folder of ['src/compiled', 'src/generated']) mkdirSync(path(folder), { recursive: true });
  for (const [name, text] of Object.entries(generatedFiles())) writeFileSync(path('src/generated', name), text);
  for (const [name, directions] of [['socket', SOCKET_DIRECTIONS], ['rest', REST_DIRECTIONS]]) {
    writeFileSync(path('src/compiled', `${name}.js`), await compiledModule(directions));
    writeFileSync(path('src/compiled', `${name}.d.ts`), compiledTypes(directions));
  }
  execFileSync(process.execPath, [path('node_modules/typescript/bin/tsc'), '-p', path('tsconfig.build.json')], { stdio: 'inherit' });
  cpSync(path('src/compiled'), path('dist/compiled'), { recursive: true });
}

if (process.argv.includes('--check')) {
  const found = findings();
  for (const line of found) console.error(line);
  process.exitCode = found.length > 0 ? 1 : 0;
} else {
  await build();
}
