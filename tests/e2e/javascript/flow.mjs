// What a front end does in a day, by the official client: connect, list, update, join, leave, goodbye.
//
//   node flow.mjs TRANSPORT   (stdin: {"urls": […], "tokens": {"ana": …, "ben": …, "garbage": …}})
//
// Prints one JSON object: what each step has seen. Exit status 1 with a line on stderr if a step saw nothing.
import { io } from "socket.io-client";
import { readFileSync } from "node:fs";

const PATIENCE = 10_000;
const [transport] = process.argv.slice(2);
const { urls, tokens } = JSON.parse(readFileSync(0, "utf8"));
const seen = {};
const open = [];

function connect(url, token) {
  const socket = io(url, { auth: { token }, transports: [transport], reconnection: false, forceNew: true });
  const heard = [];
  socket.onAny((event, payload) => {
    heard.push({ event, payload });
    for (const wake of waiting.splice(0)) wake();
  });
  const waiting = [];
  socket.heard = heard;
  // The first message of that name that fits, from number `since` on.
  socket.hears = async (event, fits = () => true, since = 0) => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = heard.slice(since).find((message) => message.event === event && fits(message.payload));
      if (found) return found.payload;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${event}, but ${JSON.stringify(heard)}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        waiting.push(() => (clearTimeout(timer), resolve()));
      });
    }
  };
  open.push(socket);
  return socket;
}

const once = (socket, event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event}`)), PATIENCE);
    socket.once(event, (value) => (clearTimeout(timer), resolve(value)));
  });
const call = (socket, event, ...payload) => socket.timeout(PATIENCE).emitWithAck(event, ...payload);

async function flow() {
  const refusal = await once(connect(urls[0], tokens.garbage), "connect_error");
  seen.refusal = { message: refusal.message, data: refusal.data };

  const ben = connect(urls[0], tokens.ben);
  await ben.hears("presence:list");

  const ana = connect(urls.at(-1), `Bearer ${tokens.ana}`);
  seen.list = await ana.hears("presence:list");
  seen.first = ana.heard[0].event;
  seen.joined = await ben.hears("presence:user_joined");
  seen.transport = ana.io.engine.transport.name;

  let mark = ana.heard.length;
  seen.listAck = await call(ana, "presence:list", {});
  seen.listAgain = await ana.hears("presence:list", undefined, mark);

  seen.updateAck = await call(ana, "presence:update", { status: "busy", current_page: "/invoices" });
  seen.update = await ben.hears("presence:update", (update) => update.status === "busy");

  seen.heartbeatAck = await call(ana, "heartbeat");
  seen.heartbeat = await ana.hears("heartbeat_ack");

  seen.benJoinAck = await call(ben, "room:join", { entity_type: "invoice", entity_id: 42 });
  seen.joinAck = await call(ana, "room:join", { entity_type: "invoice", entity_id: "42" });
  seen.roomUsers = await ana.hears("room:users");
  seen.roomJoined = await ben.hears("room:user_joined");

  seen.leaveAck = await call(ana, "room:leave", { room_id: "invoice:42" });
  seen.roomLeft = await ben.hears("room:user_left");

  seen.failureAck = await call(ana, "room:leave", { room_id: "invoice:42" });
  seen.error = await ana.hears("error");

  ana.disconnect();
  seen.left = await ben.hears("presence:user_left");
  ben.disconnect();
}

flow()
  .then(() => process.stdout.write(JSON.stringify(seen)))
  .catch((error) => {
    process.stderr.write(`${transport}: ${error.message}; seen so far: ${JSON.stringify(seen)}\n`);
    process.exitCode = 1;
  })
  .finally(() => open.forEach((socket) => socket.disconnect()));
