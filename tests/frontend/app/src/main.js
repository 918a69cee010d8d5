// What the test calls: one whole conversation with the server, watched by `checkSocket`.
import { io } from "socket.io-client";
import { checkSocket } from "@logiaccounting/realtime-contract";
import { converse } from "./conversation.js";
import { FAULTS } from "./faults.js";

window.faults = Object.keys(FAULTS);

// Resolves to what `checkSocket` has seen: its violations, and how many messages went each way. `goodbye` ends the
// connection: not at once, because a poll that arrives after it is answered with 400, and the browser says so.
window.run = async ({ url, token, transport, fault }) => {
  const put = fault === null ? (event, args) => [event, args] : FAULTS[fault];
  const socket = io(url, { auth: { token }, transports: transport, forceNew: true, autoConnect: false });
  const messages = { client: 0, server: 0, ack: 0 };
  const violations = [];
  const stop = checkSocket(socket, {
    onViolation: ({ direction, event, path, reason }) => violations.push({ direction, event, path, reason }),
    onMessage: ({ direction }) => (messages[direction] += 1),
  });
  await converse(socket, put, transport.length > 1);
  stop();
  window.goodbye = () => void socket.disconnect();
  return { violations, messages, transport: socket.io.engine?.transport.name };
};
