// Runs a tool of this package as a child process; its whole output is in the failure.
import { spawnSync } from 'node:child_process';
import { PACKAGE } from '../build/contract.mjs';

export function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: PACKAGE, encoding: 'utf8', maxBuffer: 1e8, ...options });
  return { status, output: `${stdout}${stderr}`, stdout };
}

/** Runs Node. */
export const node = (args, options) => run(process.execPath, args, options);

/** Type-checks a project; answers with what tsc says. */
export const tsc = (project) => node(['node_modules/typescript/bin/tsc', '-p', project, '--pretty', 'false']);
