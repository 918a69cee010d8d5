/**
 * Lets observers see every packet that a socket sends and receives, unchanged.
 *
 * `onAny` is not enough, because it does not see acks. A packet has the ack's id in both directions, and is seen when
 * it travels: after buffering, at each retry, and never if a volatile one is dropped. One method that this uses is not
 * public, `packet`; socket.io-client has had it since version 2, and `checkSocket` looks for it first.
 */

/** A packet of the Socket.IO protocol. */
export interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly data?: unknown;
  readonly id?: number;
}

/** Types of packets, as the protocol numbers them. */
export const PACKET = { CONNECT: 0, EVENT: 2, ACK: 3, CONNECT_ERROR: 4, BINARY_EVENT: 5, BINARY_ACK: 6 } as const;

/** Called with each packet. Must not throw. */
export interface Observer {
  sends(packet: Packet): void;
  gets(packet: Packet): void;
}

type Listener = (packet: Packet) => void;

/** What a tap needs of a `Socket` of socket.io-client. */
export interface Tappable {
  readonly nsp: string;
  readonly io: {
    on(event: 'packet', listener: Listener): unknown;
    off(event: 'packet', listener?: Listener): unknown;
    listeners(event: 'packet'): Listener[];
  };
  packet(packet: Packet): void;
}

/** The observers of a socket, and the function that removes the tap. There is one tap, so observers may end in any order. */
interface Tap {
  readonly observers: Set<Observer>;
  readonly end: () => void;
}

const taps = new WeakMap<Tappable, Tap>();

/** Lets an observer see a socket's packets until the function that this returns is called. */
export function tap(socket: Tappable, observer: Observer): () => void {
  const { observers, end } = taps.get(socket) ?? install(socket);
  observers.add(observer);
  return () => {
    if (observers.delete(observer) && observers.size === 0) end();
  };
}

function install(socket: Tappable): Tap {
  const observers = new Set<Observer>();
  const gets = (packet: Packet): void => {
    if (packet.nsp === socket.nsp) for (const observer of observers) observer.gets(packet);
  };
  const send = socket.packet;
  const own = Object.getOwnPropertyDescriptor(socket, 'packet');
  const sends = function (this: Tappable, packet: Packet): void {
    send.call(this, packet);
    for (const observer of observers) observer.sends(packet);
  };
  // Our listener goes first, because the socket's own changes the data of packets that have an id.
  const others = [...socket.io.listeners('packet')];
  socket.io.off('packet');
  for (const listener of [gets, ...others]) socket.io.on('packet', listener);
  Object.defineProperty(socket, 'packet', { value: sends, configurable: true, writable: true });
  const end = (): void => {
    taps.delete(socket);
    socket.io.off('packet', gets);
    // If somebody has replaced the method since, theirs stays; ours below it has no observers left.
    if (socket.packet !== sends) return;
    if (own === undefined) delete (socket as Partial<Tappable>).packet;
    else Object.defineProperty(socket, 'packet', own);
  };
  const made = { observers, end };
  taps.set(socket, made);
  return made;
}
