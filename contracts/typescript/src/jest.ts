/**
 * The types of the matchers for Jest, for the `expect` of `@jest/globals` and the global one of `@types/jest`: import
 * this file beside `expect.extend(matchers)`.
 */
import type {} from 'expect';
import type { ContractMatchers } from './matchers.js';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ContractMatchers<R> {}
  interface AsymmetricMatchers extends ContractMatchers<any> {}
}

declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends ContractMatchers<R> {}
    interface Expect extends ContractMatchers<any> {}
    interface InverseAsymmetricMatchers extends ContractMatchers<any> {}
  }
}
