/** The types of the matchers for Jest (`@jest/globals`): import this file beside `expect.extend(matchers)`. */
import type {} from 'expect';
import type { ContractMatchers } from './matchers.js';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ContractMatchers<R> {}
}
