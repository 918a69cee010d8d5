import type { Socket } from 'socket.io-client';
import { UnknownEventError, validatorOf, type Direction } from './check.js';
import { ALL, SECRET } from './generated/validators.js';
import { MAX_DEPTH } from './json.js';
import { PACKET, tap, type Packet, type Tappable } from './tap.js';
import type { Violation } from './violation.js';

/** How many events, the newest, are remembered until their acks: a server may never answer. */
const WAITING = 10_000;

/** A message on a live socket that breaks the contract. */
export interface SocketViolation extends Violation {
  readonly direction: Direction;
  readonly event: string;
  /** The payload; absent if there is a token in it. */
  readonly payload?: unknown;
}

/** One message, as a line of the log that `realtime contract check` reads. */
export interface LoggedMessage {
  readonly direction: Direction;
  readonly event: string;
  /** The payload itself, not a copy; `{}` if there is a token in it. */
  readonly payload: unknown;
  /** When it was seen: RFC 3339, in UTC, with milliseconds. */
  readonly time: string;
  /** The same on an event that asks for an ack and on the ack, within one connection. */
  readonly id?: number;
}

export interface CheckSocketOptions {
  /** Called with each violation, after the message was delivered. What it throws is reported, never thrown. */
  readonly onViolation: (violation: SocketViolation) => unknown;
  /** Called with each message, valid or not. */
  readonly onMessage?: (message: LoggedMessage) => unknown;
}

interface Seen {
  readonly direction: Direction;
  readonly event: string;
  readonly args: readonly unknown[];
  readonly id?: number | undefined;
}

/**
 * Checks the messages of a live socket, both directions, with acks, the auth payload and refused connections.
 *
 * The socket behaves as before. The returned function ends the checks. They last over reconnections. An event that the
 * contract does not have is a violation; an ack that does not come is none.
 *
 * Throws TypeError for anything but a Socket of socket.io-client in the namespace `/`.
 */
export function checkSocket(socket: Socket<any, any>, options: CheckSocketOptions): () => void {
  const { onViolation, onMessage } = options;
  if (typeof onViolation !== 'function') throw new TypeError('checkSocket: onViolation is not a function');
  const waiting = new Map<number, string>();

  const take = (seen: Seen): void => {
    const { direction, event, args, id } = seen;
    const secret = SECRET.includes(`${direction} ${event}`);
    const payload = args.length === 0 ? {} : args[0];
    const time = new Date().toISOString();
    const violation = judge(seen);
    if (onMessage !== undefined) {
      const line = { direction, event, payload: secret ? {} : payload, time, ...(id === undefined ? {} : { id }) };
      guarded(() => onMessage(line));
    }
    if (violation !== null) {
      guarded(() => onViolation({ direction, event, ...violation, ...(secret ? {} : { payload }) }));
    }
  };

  const sends = (packet: Packet): void => {
    if (packet.type === PACKET.CONNECT) {
      waiting.clear();
      take({ direction: 'client', event: 'connect', args: authOf(packet) });
    } else if (isEvent(packet)) {
      const [event, ...args] = packet.data as [unknown, ...unknown[]];
      if (packet.id !== undefined) remember(waiting, packet.id, String(event));
      take({ direction: 'client', event: String(event), args: args.map((arg) => asSent(arg)), id: packet.id });
    }
  };

  const gets = (packet: Packet): void => {
    if (packet.type === PACKET.CONNECT_ERROR) {
      take({ direction: 'server', event: 'connect_error', args: [packet.data] });
    } else if (isEvent(packet)) {
      const [event, ...args] = packet.data as [unknown, ...unknown[]];
      take({ direction: 'server', event: String(event), args });
    } else if (packet.type === PACKET.ACK || packet.type === PACKET.BINARY_ACK) {
      const event = waiting.get(packet.id ?? -1);
      if (event === undefined) return; // asked before the checks began, or acked twice
      waiting.delete(packet.id!);
      // The contract has no ack of an unknown event; the event itself was a violation.
      if (Object.hasOwn(ALL.ack, event)) take({ direction: 'ack', event, args: packet.data as unknown[], id: packet.id });
    }
  };

  return tap(tappable(socket), {
    sends: (packet) => guarded(() => sends(packet)),
    gets: (packet) => guarded(() => gets(packet)),
  });
}

function judge({ direction, event, args }: Seen): Violation | null {
  if (args.length > 1) return { path: '', reason: `expected one payload, got ${args.length}`, keyword: 'arguments' };
  try {
    // An argument that is `undefined` travels as null, which is not the same as no argument.
    return validatorOf(ALL, direction, event)(args.length === 1 && args[0] === undefined ? null : args[0]);
  } catch (error) {
    if (error instanceof UnknownEventError) return { path: '', reason: 'not in the contract', keyword: 'event' };
    throw error;
  }
}

function tappable(socket: unknown): Tappable {
  const { nsp, io, packet } = (socket ?? {}) as Partial<Tappable>;
  const emitter = [io?.on, io?.off, io?.listeners, packet].every((method) => typeof method === 'function');
  if (!emitter) throw new TypeError('checkSocket: this is not a Socket of socket.io-client 4');
  if (nsp !== '/') throw new TypeError(`checkSocket: the contract is of namespace "/", this socket is of ${JSON.stringify(nsp)}`);
  return socket as Tappable;
}

function isEvent({ type, data }: Packet): boolean {
  return (type === PACKET.EVENT || type === PACKET.BINARY_EVENT) && Array.isArray(data) && data.length > 0;
}

/** The auth payload, without what socket.io-client adds for its connection state recovery. */
function authOf({ data }: Packet): unknown[] {
  if (data === undefined) return [];
  if (typeof data !== 'object' || data === null || !('pid' in data && 'offset' in data)) return [data];
  const { pid: _pid, offset: _offset, ...auth } = data;
  return [auth];
}

function remember(waiting: Map<number, string>, id: number, event: string): void {
  waiting.set(id, event);
  const [oldest] = waiting.keys();
  if (waiting.size > WAITING && oldest !== undefined) waiting.delete(oldest);
}

/** A payload without its `undefined` members, which are not sent; itself if there are none. */
function asSent(value: unknown, levels = MAX_DEPTH): unknown {
  if (typeof value !== 'object' || value === null || levels === 0) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => asSent(item, levels - 1));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = Object.entries(value);
  const sent = entries.filter(([, part]) => part !== undefined);
  const parts = sent.map(([name, part]): [string, unknown] => [name, asSent(part, levels - 1)]);
  const same = sent.length === entries.length && parts.every(([, part], index) => part === sent[index]![1]);
  return same ? value : Object.fromEntries(parts);
}

/** Calls a function of the application. Its errors are reported to the application and do not reach the socket. */
function guarded(call: () => unknown): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(report);
  } catch (error) {
    report(error);
  }
}

function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}
