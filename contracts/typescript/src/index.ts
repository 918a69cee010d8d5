/**
 * The realtime contract for a front end: types for `socket.io-client`, validators, and checks of a live socket.
 *
 *     import type { ServerToClientEvents, ClientToServerEvents } from '@logiaccounting/realtime-contract';
 *
 *     const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { auth: { token } });
 *     const answer = await socket.emitWithAck('room:join', { entity_type: 'invoice', entity_id: 42 });
 *     if (answer.ok) answer.users;
 */
import type { ConnectError } from './socket-types.js';
import { serverConnectError } from './generated/validators.js';

export { check, events, UnknownEventError } from './check.js';
export type { Direction, EventOf, Messages } from './check.js';
export type * from './generated/events.js';
export { VERSION } from './generated/version.js';
export { checkSocket } from './socket.js';
export type { CheckSocketOptions, LoggedMessage, SocketViolation } from './socket.js';
export type { ConnectAuth, ConnectError, RealtimeSocket } from './socket-types.js';
export type { Violation } from './violation.js';

/** Whether the server refused the connection, with a code in `data.code`; else the network failed. */
export function isConnectError(error: Error): error is ConnectError {
  const { message, data } = error as Partial<ConnectError>;
  return serverConnectError({ message, data }) === null;
}
