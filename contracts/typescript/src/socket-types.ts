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

/** The error of `connect_error` when it was the server that refused: `isConnectError` tells. */
export type ConnectError = Error & ServerConnectError;

/** A socket that knows the contract. */
export type RealtimeSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** The contract's events, if they are among a socket's; none of a socket that has no types, or others. */
type Said<EmitEvents> = string extends keyof EmitEvents
  ? never
  : keyof ClientToServerEvents extends keyof EmitEvents
    ? keyof ClientToServerEvents
    : never;

/** Those that may go without payload. */
type SaidAlone<EmitEvents> = { [Ev in Said<EmitEvents>]: {} extends ClientMessages[Ev] ? Ev : never }[Said<EmitEvents>];

/** The ack of such an event, as the socket has it: after `timeout()` an error goes before the answer. */
type AckAlone<EmitEvents, Ev> = Ev extends SaidAlone<EmitEvents> & keyof EmitEvents
  ? EmitEvents[Ev] extends (payload: any, ack: infer Answer) => void
    ? Answer
    : never
  : never;

// socket.io-client types an argument as there or not there, and after `timeout()` lets `emitWithAck` answer anything. So
// the map has every event in full, and sockets of this contract get the shorter forms, and the answers, here.
declare module 'socket.io-client' {
  interface Socket<ListenEvents, EmitEvents> {
    /** Says something to the server, and waits for no answer: if it fails, `error` comes all the same. */
    emit<Ev extends Said<EmitEvents>>(ev: Ev, payload: ClientMessages[Ev] | AckAlone<EmitEvents, Ev>): this;
    /** Says something that needs no payload. */
    emit<Ev extends SaidAlone<EmitEvents>>(ev: Ev): this;
    /** Says something to the server; the promise is for its answer, success or failure. */
    emitWithAck<Ev extends Said<EmitEvents>>(ev: Ev, payload: ClientMessages[Ev]): Promise<AckMessages[Ev]>;
    /** Says something that needs no payload; the promise is for the answer. */
    emitWithAck<Ev extends SaidAlone<EmitEvents>>(ev: Ev): Promise<AckMessages[Ev]>;
  }
}
