import type { Socket } from 'socket.io-client';
import type { ClientConnect, ClientToServerEvents, ServerConnectError, ServerToClientEvents } from './generated/events.js';

/** The auth payload of the connection: `io(url, { auth: { token } satisfies ConnectAuth })`. */
export type ConnectAuth = ClientConnect;

/** The error of `connect_error` when it was the server that refused: `isConnectError` tells. */
export type ConnectError = Error & ServerConnectError;

/** A socket that knows the contract. */
export type RealtimeSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** The arguments of an event without its ack. */
type WithoutAck<Args extends unknown[]> = Args extends [...infer Head, unknown] ? Head : never;

// socket.io-client types an event's ack as there or not there; with one that is optional, `emitWithAck` would take and
// answer anything. So the map has the ack, and `emit` gets this second form, for sockets of this contract.
declare module 'socket.io-client' {
  interface Socket<ListenEvents, EmitEvents> {
    /** Says something to the server, and waits for no answer: if it fails, `error` comes all the same. */
    emit<Ev extends keyof ClientToServerEvents>(
      this: Socket<any, ClientToServerEvents>,
      ev: Ev,
      ...args: WithoutAck<Parameters<ClientToServerEvents[Ev]>>
    ): this;
  }
}
