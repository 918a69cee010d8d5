/** The types of the matchers for Vitest: import this file beside `expect.extend(matchers)`. */
import type {} from 'vitest';
import type { ContractMatchers } from './matchers.js';

// Of both the same, and of Jest's: Vitest joins the three, also those of a global `jest`.
declare module 'vitest' {
  interface Matchers<T = any> extends ContractMatchers {}
  interface AsymmetricMatchersContaining extends ContractMatchers {}
}
