// What a front end does in a day, by the official client: connect, list, update, join, work together on what the room
// shows (cursor, typing, document, locks), be notified, see what happened, leave, goodbye.
//
//   node flow.mjs TRANSPORT   (stdin: {"urls": […], "tokens": {"ana": …, "ben": …, "service": …, "garbage": …}})
//
// Prints one JSON object: what each step has seen. Exit status 1 with a line on stderr if a step saw nothing.
import { io } from "socket.io-client";
import { randomUUID } from "node:crypto";
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

// Two who are in the room have its document open: Ana moves her cursor, types, locks and edits, and Ben sees it.
async function together(ana, ben) {
  const room = { room_id: "invoice:42" };

  const place = { line: 3, column: 14, selection_start: { line: 3, column: 0 }, selection_end: { line: 3, column: 14 } };
  seen.moveAck = await call(ana, "cursor:move", { ...room, ...place });
  seen.move = await ben.hears("cursor:move");
  seen.cursorsAck = await call(ben, "cursor:sync", room);
  seen.cursors = await ben.hears("cursor:sync");

  seen.typingAck = await call(ana, "typing:start", { ...room, field: "notes" });
  seen.typing = await ben.hears("typing:users");
  seen.stopAck = await call(ana, "typing:stop", room);
  seen.typingOver = await ben.hears("typing:users", (typing) => typing.users.length === 0);

  seen.benSyncAck = await call(ben, "doc:sync", room);
  seen.benSync = await ben.hears("doc:sync");
  seen.lockAck = await call(ana, "doc:lock", { ...room, path: "/notes" });
  seen.lockStatus = await ben.hears("doc:lock_status");
  seen.statusAck = await call(ana, "doc:lock_status", room);

  const { epoch } = seen.benSync;
  const edit = { ...room, base_version: 0, epoch, changes: [{ op: "add", path: "/notes", value: { text: "é😀", n: 1.5 } }] };
  seen.lockedAck = await call(ben, "doc:edit", { ...edit, edit_id: randomUUID() });
  seen.lockedError = await ben.hears("error");
  edit.edit_id = randomUUID();
  seen.edit = edit;
  seen.editAck = await call(ana, "doc:edit", edit);
  seen.benEdit = await ben.hears("doc:edit");
  seen.editAgainAck = await call(ana, "doc:edit", edit);
  const late = { ...room, base_version: 0, epoch, changes: [{ op: "remove", path: "/notes" }], edit_id: randomUUID() };
  seen.unlockAck = await call(ana, "doc:unlock", { ...room, path: "/notes" });
  seen.unlocked = await ben.hears("doc:lock_status", (status) => status.locks.length === 0);
  seen.conflictAck = await call(ben, "doc:edit", late);
  seen.syncAck = await call(ana, "doc:sync", room);
  seen.sync = await ana.hears("doc:sync");
  const mark = ana.heard.length;
  seen.missedAck = await call(ana, "doc:sync", { ...room, since_version: 0, epoch });
  seen.missed = await ana.hears("doc:sync", undefined, mark);

  seen.removeAck = await call(ana, "cursor:remove", room);
  seen.removed = await ben.hears("cursor:remove");
}

// A back end notifies Ana and says what Ben did; Ana reads, and asks for the feed.
async function published(ana, ben) {
  const publish = async (path, body) => {
    const headers = { Authorization: `Bearer ${tokens.service}`, "Content-Type": "application/json" };
    return (await fetch(`${urls[0]}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  seen.created = await publish("notifications", { user_id: "ana", type: "note", title: "Invoice 42 waits, é😀" });
  seen.notification = await ana.hears("notification");
  seen.counted = await ana.hears("notification:count");
  seen.countAck = await call(ana, "notification:count");
  seen.readAck = await call(ana, "notification:read", { notification_id: seen.notification.id });
  seen.read = await ana.hears("notification:count", ({ count }) => count === 0);

  const deed = { user_id: "ben", user_name: "Ben", action: "paid", entity_type: "invoice", entity_id: 42 };
  seen.recorded = await publish("activity", { ...deed, entity_name: "Invoice 42", details: { total: 12.5 } });
  seen.activity = await ana.hears("activity");
  seen.feedAck = await call(ana, "activity:feed", { entity_type: "invoice", entity_id: 42 });
  seen.feed = await ana.hears("activity:feed");
  seen.benNotified = ben.heard.filter(({ event }) => event.startsWith("notification")).length;
}

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

  await together(ana, ben);
  await published(ana, ben);

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
