/** Matchers for Vitest and Jest: `expect.extend(matchers)`. */
import { ALL as SOCKET } from './generated/validators.js';
import { ALL as REST } from './generated/rest-validators.js';
import { validatorOf, type EventOf, type Messages } from './check.js';
import type { RestMessages } from './rest.js';

/** All directions: those of the socket, and REST's `request` and `response`. */
export interface AllMessages extends Messages, RestMessages {}

/** The matchers, for the type of `expect(…)`; `R` is what a matcher returns. */
export interface ContractMatchers<R = void> {
  /** The payload is valid for this message: `toMatchContract('client', 'room:join')`. */
  toMatchContract<D extends keyof AllMessages>(direction: D, event: keyof AllMessages[D] & string): R;
  /** The payload is one that a client may send with this event. */
  toBeClientMessage(event: EventOf<'client'>): R;
  /** The payload is one that the server may send with this event. */
  toBeServerMessage(event: EventOf<'server'>): R;
  /** The payload is an answer that the server may give to this event. */
  toBeAckOf(event: EventOf<'ack'>): R;
}

interface MatcherResult {
  pass: boolean;
  message: () => string;
}

const TABLE = { ...SOCKET, ...REST };

function toMatchContract(received: unknown, direction: string, event: string): MatcherResult {
  const what = `${event} (${direction})`;
  const violation = received === undefined ? NOTHING : validatorOf(TABLE, direction, event)(received);
  if (violation === null) return { pass: true, message: () => `expected the payload not to be a ${what}, and it is one` };
  const { path, reason, keyword } = violation;
  const place = path === '' ? 'the payload itself' : path;
  return {
    pass: false,
    message: () => `expected a payload of ${what}, but at ${place}: ${reason} (${keyword})`,
  };
}

/** An event may have no payload, but a test whose payload is `undefined` has a mistake. */
const NOTHING = { path: '', reason: 'expected JSON, got undefined', keyword: 'json' };

/** For `expect.extend`. */
export const matchers = {
  toMatchContract,
  toBeClientMessage: (received: unknown, event: string) => toMatchContract(received, 'client', event),
  toBeServerMessage: (received: unknown, event: string) => toMatchContract(received, 'server', event),
  toBeAckOf: (received: unknown, event: string) => toMatchContract(received, 'ack', event),
};
