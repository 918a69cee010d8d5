import type { Socket } from 'socket.io-client';
import type {
  AckMessages,
  ClientConnect,
  ClientMessages,
  ClientToServerEvents,
  ServerConnectError,
  ServerToClientEvents,
} from './generated/events.js';

/** The auth payload of the connection: `io(url, { auth: { token } satisfies ConnectAuth })`. */
export type ConnectAuth = ClientConnect;

/** The error of `connect_error` if the server refused the connection (`isConnectError`). */
export type ConnectError = Error & ServerConnectError;

/** A socket with the types of the contract. */
export type RealtimeSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** The contract's events if a socket has them; none if the socket has no types, or others. */
type Said<EmitEvents> = string extends keyof EmitEvents
  ? never
  : keyof ClientToServerEvents extends keyof EmitEvents
    ? keyof ClientToServerEvents
    : never;

/** The events that need no payload. */
type SaidAlone<EmitEvents> = { [Ev in Said<EmitEvents>]: {} extends ClientMessages[Ev] ? Ev : never }[Said<EmitEvents>];

/** The ack of such an event, as the socket types it: after `timeout()` an error comes before the answer. */
type AckAlone<EmitEvents, Ev> = Ev extends SaidAlone<EmitEvents> & keyof EmitEvents
  ? EmitEvents[Ev] extends (payload: any, ack: infer Answer) => void
    ? Answer
    : never
  : never;

// socket.io-client has no optional arguments, and after `timeout()` types the answer of `emitWithAck` as anything. So the
// map has every event in full, and this adds the shorter forms and the answers to sockets of this contract.
declare module 'socket.io-client' {
  interface Socket<ListenEvents, EmitEvents> {
    /** Sends an event without waiting for its ack. If it fails, the server sends `error` all the same. */
    emit<Ev extends Said<EmitEvents>>(ev: Ev, payload: ClientMessages[Ev] | AckAlone<EmitEvents, Ev>): this;
    /** Sends an event that needs no payload. */
    emit<Ev extends SaidAlone<EmitEvents>>(ev: Ev): this;
    /** Sends an event; the promise is for its ack, success or failure. */
    emitWithAck<Ev extends Said<EmitEvents>>(ev: Ev, payload: ClientMessages[Ev]): Promise<AckMessages[Ev]>;
    /** Sends an event that needs no payload; the promise is for its ack. */
    emitWithAck<Ev extends SaidAlone<EmitEvents>>(ev: Ev): Promise<AckMessages[Ev]>;
  }
}
