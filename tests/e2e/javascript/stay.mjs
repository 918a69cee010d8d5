// A front end that is left alone: connects once, and tells what happens to it. All reconnecting is the client's own.
//
//   node stay.mjs TRANSPORT   (stdin: {"url": …, "token": …} and a newline; its end ends the program)
//
// Prints a line of JSON for each thing that happens: {"event": "connect" | "disconnect" | "connect_error" | "error", …}.
import { io } from "socket.io-client";
import { createInterface } from "node:readline";

const [transport] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });
const { url, token } = JSON.parse(await new Promise((resolve) => lines.once("line", resolve)));
const tell = (event, more) => console.log(JSON.stringify({ event, ...more }));
const transports = transport === "upgrade" ? ["polling", "websocket"] : [transport];
const socket = io(url, { auth: { token }, transports, reconnectionDelay: 100, reconnectionDelayMax: 500 });

socket.on("connect", async () => {
  const { id } = socket;
  try {
    const { ok } = await socket.timeout(5000).emitWithAck("heartbeat");
    tell("connect", { id, ok });
  } catch (error) {
    tell("silence", { id });
  }
});
socket.on("disconnect", (reason) => tell("disconnect", { reason, active: socket.active }));
socket.on("connect_error", (error) =>
  tell("connect_error", { code: error.data?.code ?? null, active: socket.active }),
);
socket.on("error", ({ code }) => tell("error", { code }));
lines.on("close", () => {
  socket.disconnect();
  process.exit(0);
});
