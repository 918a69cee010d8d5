import type { AckMessages, ClientMessages, ServerMessages } from './generated/events.js';
import { ALL } from './generated/validators.js';
import type { Violation } from './violation.js';

/** The messages of the socket, by direction and event. */
export interface Messages {
  client: ClientMessages;
  server: ServerMessages;
  ack: AckMessages;
}

/** The direction of a message. */
export type Direction = keyof Messages;

/** The events of a direction. */
export type EventOf<D extends Direction> = keyof Messages[D] & string;

/** A validator of one message. */
export type Validator = (payload?: unknown) => Violation | null;

/** The contract has no such event in that direction: a typing error, or an event of a newer server. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';

  constructor(direction: string, event: string) {
    super(`no event ${JSON.stringify(event)} in direction ${JSON.stringify(direction)}`);
  }
}

/**
 * Checks a payload: null if it is valid, else the violation. An absent payload (`undefined`) is `{}`.
 *
 * Throws UnknownEventError for an event that the contract does not have, and never because of a payload.
 */
export function check<D extends Direction>(direction: D, event: EventOf<D>, payload?: unknown): Violation | null {
  return validatorOf(ALL, direction, event)(payload);
}

/** The names of the events of a direction. */
export function events<D extends Direction>(direction: D): EventOf<D>[] {
  return Object.keys(ALL[direction]) as EventOf<D>[];
}

/** The validator of a message. Throws UnknownEventError. */
export function validatorOf(table: object, direction: string, event: string): Validator {
  const validators: unknown = own(table, direction);
  const validator: unknown = typeof validators === 'object' ? own(validators as object, event) : undefined;
  if (typeof validator !== 'function') throw new UnknownEventError(direction, event);
  return validator as Validator;
}

function own(table: object, name: string): unknown {
  return Object.hasOwn(table, name) ? (table as Record<string, unknown>)[name] : undefined;
}
