// A Socket.IO server with fixed acks, and clients of it.
import { createServer } from 'node:http';
import { io } from 'socket.io-client';
import { Server } from 'socket.io';

/** `{ url, server, client(options), close() }`; `answers` has the ack of each event; the others get none. */
export async function startServer(answers = {}, { refuse } = {}) {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'] });
  if (refuse !== undefined) server.use((_socket, next) => next(Object.assign(new Error(refuse.message), { data: refuse.data })));
  server.on('connection', (socket) => {
    socket.onAny((event, ...args) => {
      const ack = args.at(-1);
      if (typeof ack === 'function' && event in answers) ack(...[answers[event]].flat());
    });
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${http.address().port}`;
  const clients = [];
  const client = (options = {}) => {
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 20, ...options });
    clients.push(socket);
    return socket;
  };
  const close = async () => {
    for (const socket of clients) socket.disconnect();
    await server.close();
  };
  return { url, server, client, close };
}

/** Waits for an event of a socket or of anything with `once`. */
export const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
