/** The types of the matchers for Vitest: import this file beside `expect.extend(matchers)`. */
import type {} from 'vitest';
import type { ContractMatchers } from './matchers.js';

declare module 'vitest' {
  interface Matchers<T = any> extends ContractMatchers<T> {}
}
