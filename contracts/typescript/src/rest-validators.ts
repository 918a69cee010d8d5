/** One function per request and response of the REST API, and one guard: `responseError`, `isResponseError`. */
export * from './generated/rest-validators.js';
export type { Violation } from './violation.js';
