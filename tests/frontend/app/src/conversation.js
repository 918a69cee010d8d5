// Everything a client can say, once; every answer is waited for.
export async function converse(socket, put, upgrades) {
  const heard = (event) => new Promise((resolve) => socket.once(event, resolve));
  const say = (event, ...args) => {
    const [name, given] = put(event, args);
    return socket.timeout(20_000).emitWithAck(name, ...given);
  };
  const room = { room_id: "invoice:42" };

  const listed = heard("presence:list");
  socket.connect();
  await listed;
  const engine = socket.io.engine;
  if (upgrades && engine.transport.name !== "websocket") await new Promise((resolve) => engine.once("upgrade", resolve));

  await say("presence:list", {});
  await say("presence:update", { status: "busy", current_page: "/invoices/42" });
  await say("heartbeat");
  await say("heartbeat", { active: true });
  await say("auth:refresh", socket.auth);
  // The first try may be the faulty one; the rest of the conversation wants the room.
  await say("room:join", { entity_type: "invoice", entity_id: 42 });
  await say("room:join", { entity_type: "invoice", entity_id: "42" });
  await say("room:users", room);
  await say("cursor:move", { ...room, line: 3, column: 14, selection_start: { line: 3, column: 0 }, selection_end: null });
  await say("cursor:sync", room);
  await say("typing:start", { ...room, field: "notes" });
  await say("typing:stop", { ...room, field: "notes" });
  await say("doc:sync", room);
  await say("doc:lock", { ...room, path: "/notes", ttl: 30 });
  await say("doc:lock_status", room);
  await say("doc:edit", {
    ...room,
    base_version: 0,
    edit_id: crypto.randomUUID(),
    changes: [{ op: "add", path: "/notes", value: "Grüße, 你好 \u{1F600} \u2028" }],
  });
  await say("doc:unlock", { ...room, path: "/notes" });
  await say("cursor:remove", room);
  await say("notification:count");
  await say("notification:read", { all: true });
  await say("activity:feed", { limit: 10 });
  await say("room:leave", room);
  // What is refused is in the contract too: a failing ack, and the same as `error`.
  const refused = heard("error");
  await say("room:leave", { room_id: "invoice:43" });
  await refused;
}
