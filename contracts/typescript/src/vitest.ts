/** The types of the matchers for Vitest: import this file beside `expect.extend(matchers)`. */
import type {} from 'vitest';
import type { ContractMatchers } from './matchers.js';

// The same matchers for both, and for Jest: Vitest merges the three, those of a global `jest` too.
declare module 'vitest' {
  interface Matchers<T = any> extends ContractMatchers {}
  interface AsymmetricMatchersContaining extends ContractMatchers {}
}
