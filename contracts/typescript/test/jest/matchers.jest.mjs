// The matchers in Jest, as an ES module; run by test/matchers.test.ts.
import { expect, test } from '@jest/globals';
import { matchers } from '@logiaccounting/realtime-contract/matchers';
import { matcherCases } from '../matcher-cases.mjs';

expect.extend(matchers);
for (const [name, body] of Object.entries(matcherCases(expect))) test(name, body);
