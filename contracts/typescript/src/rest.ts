/** The REST API: what its operations are asked and answer, by name with `:` for `.`, such as `notifications:create`. */
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
  /** The answer; `error` is that of every operation that failed. */
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
