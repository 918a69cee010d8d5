// The matchers in Vitest here, and in a Jest of its own.
import { expect, test } from 'vitest';
import { matchers } from '@logiaccounting/realtime-contract/matchers';
// @ts-expect-error -- plain JavaScript, shared with Jest
import { matcherCases } from './matcher-cases.mjs';
// @ts-expect-error -- plain JavaScript
import { node } from './run.mjs';

expect.extend(matchers);

for (const [name, body] of Object.entries(matcherCases(expect) as Record<string, () => void>)) test(`in Vitest: ${name}`, body);

test('in Jest, all of the same', () => {
  const args = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--config', 'test/jest/jest.config.mjs'];
  const { status, output } = node([...args, '--json']) as { status: number; output: string };
  expect(status, output).toBe(0);
  expect(output).toContain(`"numPassedTests":${Object.keys(matcherCases(expect)).length}`);
});
