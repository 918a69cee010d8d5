/** The requests and responses of the REST API, by operation with `:` for `.`: `notifications:create`. */
import { validatorOf } from './check.js';
import type { RestRequests, RestResponses } from './generated/events.js';
import { ALL } from './generated/rest-validators.js';
import type { Violation } from './violation.js';

export type { RestRequests, RestResponses } from './generated/events.js';
export type * from './generated/rest.js';
export type { Violation } from './violation.js';

/** The payloads of REST, by direction and operation. */
export interface RestMessages {
  /** The query or the body, as one object. */
  request: RestRequests;
  /** The response; `error` is that of every request that failed. */
  response: RestResponses;
}

/** As `check` for the socket: `checkRest('response', 'notifications:list', await answer.json())`. */
export function checkRest<D extends keyof RestMessages>(
  direction: D,
  operation: keyof RestMessages[D] & string,
  payload?: unknown,
): Violation | null {
  return validatorOf(ALL, direction, operation)(payload);
}
