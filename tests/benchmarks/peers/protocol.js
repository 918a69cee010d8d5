// The protocol of presence, rooms and cursors as a competent Node team would write it: Socket.IO with the Redis adapter,
// state in Redis, one pipelined round trip for each change. It has the same wire as this repository's server, but no
// leases, ordering, limits or checks of messages. Used by server.js (Node) and server-bun.js (Bun).
const jwt = require("jsonwebtoken");
const Redis = require("ioredis");
const { createAdapter } = require("@socket.io/redis-adapter");

const { REDIS_URL, JWT_SECRET_KEY } = process.env;
const redis = new Redis(REDIS_URL);

const userKey = (tenant, user) => `presence:${tenant}:${user}`;
const onlineKey = tenant => `presence:online:${tenant}`;
const namesKey = tenant => `presence:names:${tenant}`;
const now = () => new Date().toISOString();

async function whoIsOnline(tenant) {
  const users = await redis.smembers(onlineKey(tenant));
  if (!users.length) return [];
  const pipeline = redis.pipeline();
  users.forEach(user => pipeline.hgetall(userKey(tenant, user)));
  pipeline.hmget(namesKey(tenant), ...users);
  const replies = await pipeline.exec();
  const names = replies.pop()[1];
  return users.map((user, index) => {
    const { status, current_page, last_active_at } = replies[index][1];
    return { user_id: user, user_name: names[index], status, current_page: current_page || null, last_active_at };
  });
}

function authenticate(socket, next) {
  try {
    socket.user = jwt.verify(socket.handshake.auth.token || socket.handshake.query.token, JWT_SECRET_KEY);
    next();
  } catch (error) {
    next(new Error("unauthorized"));
  }
}

async function connected(io, socket) {
  const { sub: user, tenant_id: tenant, name } = socket.user;
  const everybody = `tenant:${tenant}`;
  const rooms = new Set();
  socket.join(everybody);
  socket.join(`user:${tenant}:${user}`);

  async function leave(id) {
    const key = `${tenant}/${id}`;
    await redis.hdel(`room:${key}`, user);
    socket.leave(key);
    io.to(key).emit("room:user_left", { user_id: user, user_name: name, room_id: id });
  }

  socket.on("presence:update", async data => {
    const fields = { status: data.status || "online", last_active_at: now() };
    if (data.current_page) fields.current_page = data.current_page;
    if (data.entity_type) fields.current_entity_type = data.entity_type;
    if (data.entity_id) fields.current_entity_id = data.entity_id;
    const key = userKey(tenant, user);
    const replies = await redis.pipeline().hset(key, fields).hgetall(key).exec();
    const { status, current_page, current_entity_type, current_entity_id } = replies[1][1];
    io.to(everybody).emit("presence:update", {
      user_id: user,
      user_name: name,
      status,
      current_page: current_page || null,
      current_entity_type: current_entity_type || null,
      current_entity_id: current_entity_id || null,
    });
  });

  socket.on("presence:list", async () => socket.emit("presence:list", { users: await whoIsOnline(tenant) }));

  socket.on("heartbeat", async () => {
    await redis.hset(userKey(tenant, user), { last_active_at: now(), status: "online" });
    socket.emit("heartbeat_ack", { timestamp: now() });
  });

  socket.on("room:join", async data => {
    const id = `${data.entity_type}:${data.entity_id}`;
    const key = `${tenant}/${id}`;
    await redis.hset(`room:${key}`, user, JSON.stringify({ user_id: user, user_name: name, joined_at: now() }));
    socket.join(key);
    rooms.add(id);
    socket.to(key).emit("room:user_joined", { user_id: user, user_name: name, room_id: id });
    const members = await redis.hvals(`room:${key}`);
    socket.emit("room:users", { room_id: id, users: members.map(JSON.parse) });
  });

  socket.on("room:leave", data => {
    rooms.delete(data.room_id);
    return leave(data.room_id);
  });

  socket.on("cursor:move", async data => {
    const key = `${tenant}/${data.room_id}`;
    if (!socket.rooms.has(key)) return;
    const cursor = {
      room_id: data.room_id,
      user_id: user,
      user_name: name,
      color: "#4477aa",
      line: data.line,
      column: data.column,
      selection_start: data.selection_start || null,
      selection_end: data.selection_end || null,
    };
    redis.pipeline().hset(`cursors:${key}`, user, JSON.stringify(cursor)).expire(`cursors:${key}`, 300).exec();
    socket.to(key).emit("cursor:move", cursor);
  });

  const connectionsKey = `conns:${tenant}:${user}`;
  socket.on("disconnect", async () => {
    for (const id of rooms) await leave(id);
    await redis.srem(connectionsKey, socket.id);
    if ((await redis.scard(connectionsKey)) === 0) {
      await redis.pipeline().srem(onlineKey(tenant), user).del(userKey(tenant, user)).exec();
      io.to(everybody).emit("presence:user_left", { user_id: user, user_name: name });
    }
  });

  await redis
    .pipeline()
    .sadd(connectionsKey, socket.id)
    .hset(userKey(tenant, user), { status: "online", last_active_at: now() })
    .sadd(onlineKey(tenant), user)
    .hset(namesKey(tenant), user, name)
    .exec();
  socket.to(everybody).emit("presence:user_joined", { user_id: user, user_name: name, status: "online" });
  socket.emit("presence:list", { users: await whoIsOnline(tenant) });
}

// Engine.IO's options, for both engines: the intervals of this repository's server.
exports.engine = { pingInterval: 25000, pingTimeout: 30000, maxHttpBufferSize: 1 << 20 };

exports.install = io => {
  io.adapter(createAdapter(new Redis(REDIS_URL), new Redis(REDIS_URL)));
  io.use(authenticate);
  io.on("connection", socket => connected(io, socket));
};
