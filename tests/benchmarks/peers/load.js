// Load with raw WebSocket frames, the same bytes for every server of this wire. Measures the server, not this program:
// CPU and memory of its processes, from /proc. Latencies are from sending to receipt and include this program's delay.
// usage: PID=<the server's process ids, by comma> JWT_SECRET_KEY=… node load.js PORT SCENARIO N M
// Prints one line of JSON. N and M are explained at each scenario.
const fs = require("fs");
const jwt = require("jsonwebtoken");
const WebSocket = require("ws");

const [port, scenario] = [+process.argv[2], process.argv[3]];
const [N, M] = [+(process.argv[4] || 300), +(process.argv[5] || 200)];
const secret = process.env.JWT_SECRET_KEY;
const pids = process.env.PID.split(",");
const tenant = "t" + Date.now().toString(36);

// Events received by all clients, by name; latencies in ms; the time at which each numbered message was sent.
const counts = {};
const latencies = [];
const stamps = [];

// ---- the server

// CPU seconds and resident kB of one process. A tick of /proc/PID/stat is 10 ms.
function usage(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  const resident = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1];
  return { seconds: (+stat[11] + +stat[12]) / 100, kb: +resident };
}

function serverUsage() {
  return pids.map(usage).reduce((a, b) => ({ seconds: a.seconds + b.seconds, kb: a.kb + b.kb }));
}

const mb = usage => Math.round(usage.kb / 1024);

// ---- clients

function token(user, tenant) {
  const claims = { sub: user, tenant_id: tenant, name: `User ${user}`, email: `${user}@example.com`, role: "user" };
  return jwt.sign({ ...claims, type: "access", fresh: false, jti: user + Math.random() }, secret, { expiresIn: 3600 });
}

// A user who is online: resolves with the socket after the first presence:list.
function client(user, tenant, onEvent = () => {}) {
  return new Promise((resolve, reject) => {
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.say = (event, data) => socket.send("42" + JSON.stringify([event, data]));
    socket.on("error", reject);
    socket.on("message", message => {
      const packet = message.toString();
      if (packet[0] === "0") socket.send("40" + JSON.stringify({ token: token(user, tenant) }));
      else if (packet === "2") socket.send("3");
      else if (packet.startsWith("44")) reject(new Error(packet));
      else if (packet.startsWith("42")) {
        const event = packet.slice(4, packet.indexOf('"', 4));
        counts[event] = (counts[event] || 0) + 1;
        if (event === "presence:list" && !socket.ready) {
          socket.ready = true;
          resolve(socket);
        }
        onEvent(event, packet);
      }
    });
  });
}

const together = (number, make) => Promise.all(Array.from({ length: number }, (_, index) => make(index)));

// `number` users of one tenant, ten at a time.
async function crowd(number, tenant, onEvent) {
  const all = [];
  for (let first = 0; first < number; first += 10) {
    all.push(...(await together(Math.min(10, number - first), k => client(`u${first + k}`, tenant, onEvent))));
  }
  return all;
}

// N users in tenants of 20.
async function tenantsOf20() {
  for (let first = 0; first < N; first += 20) await together(20, k => client(`u${k}`, `${tenant}_${first}`));
}

// ---- time

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

async function until(condition, ms = 60000) {
  const began = Date.now();
  while (!condition()) {
    if (Date.now() - began > ms) throw new Error("timed out " + JSON.stringify(counts));
    await pause(2);
  }
}

const fixed = (number, digits) => +number.toFixed(digits);

function percentile(part) {
  latencies.sort((a, b) => a - b);
  return fixed(latencies[Math.floor(latencies.length * part)] || 0, 2);
}

// Call when a message comes back whose number is the only group of `pattern`.
function received(pattern, packet) {
  const match = pattern.exec(packet);
  if (match) latencies.push(performance.now() - stamps[+match[1]]);
}

// Take CPU and time of what `act` does.
async function measured(act) {
  const before = serverUsage();
  const began = performance.now();
  await act();
  const ms = performance.now() - began;
  const after = serverUsage();
  return { ms, before, after, us: (after.seconds - before.seconds) * 1e6 };
}

// ---- scenarios

const scenarios = {
  // N users of one tenant come online.
  async storm() {
    const { ms, us, after } = await measured(() => crowd(N, tenant));
    return { wall_ms: Math.round(ms), server_ms_cpu_per_connect: fixed(us / 1e3 / N, 3), rss_mb: mb(after) };
  },

  // M changes of status, each to N connections, four under way at a time.
  async presence() {
    const sockets = await crowd(N, tenant);
    await pause(500);
    counts["presence:update"] = 0;
    let sent = 0;
    const { ms, us } = await measured(() =>
      until(() => {
        while (sent < M && counts["presence:update"] >= N * (sent - 4)) {
          const socket = sockets[sent++ % N];
          const status = sent % 2 ? "busy" : "online";
          socket.say("presence:update", { status, current_page: "/invoices/42", entity_type: "invoice", entity_id: "42" });
        }
        return counts["presence:update"] >= N * M;
      }),
    );
    return { deliveries_per_s: Math.round((N * M * 1e3) / ms), server_us_cpu_per_delivery: fixed(us / (N * M), 2) };
  },

  // Rooms of 15, N users in all; each moves M times, ten times a second.
  async cursors() {
    const members = 15;
    const rooms = Math.max(1, Math.floor(N / members));
    const sockets = [];
    const onEvent = (event, packet) => event === "cursor:move" && received(/"line":\s*(\d+)/, packet);
    for (let number = 0; number < rooms * members; number++) {
      const room = Math.floor(number / members);
      const socket = await client(`u${room}_${number % members}`, tenant, onEvent);
      socket.room = `invoice:${room}`;
      socket.say("room:join", { entity_type: "invoice", entity_id: String(room) });
      sockets.push(socket);
    }
    await until(() => (counts["room:users"] || 0) >= sockets.length);
    await pause(500);
    counts["cursor:move"] = 0;
    latencies.length = 0;
    const expected = sockets.length * M * (members - 1);
    const { ms, us } = await measured(async () => {
      const began = performance.now();
      for (let round = 0; round < M; round++) {
        const early = began + round * 100 - performance.now();
        if (early > 0) await pause(early);
        for (const socket of sockets) {
          stamps.push(performance.now());
          socket.say("cursor:move", { room_id: socket.room, line: stamps.length - 1, column: round });
        }
      }
      await until(() => counts["cursor:move"] >= expected, 20000).catch(() => {}); // what was lost is in the result
    });
    const delivered = counts["cursor:move"];
    return {
      rooms,
      delivered,
      expected,
      wall_s: fixed(ms / 1e3, 2),
      server_us_cpu_per_delivery: fixed(us / delivered, 2),
      p50_ms: percentile(0.5),
      p99_ms: percentile(0.99),
    };
  },

  // N users in tenants of 20, who do nothing: memory. On a server that has just started.
  async memory() {
    const { before, after } = await measured(tenantsOf20);
    return { kb_per_connection: fixed((after.kb - before.kb) / N, 1), rss_mb: mb(after) };
  },

  // N users in tenants of 20, who do nothing, watched for M seconds: CPU.
  async idle() {
    await tenantsOf20();
    await pause(3000);
    const { us } = await measured(() => pause(M * 1e3));
    return { us_cpu_per_s_per_connection: fixed(us / N / M, 2) };
  },

  // N users in tenants of 20; each sends M heartbeats, the next when the last is answered.
  async inbound() {
    let open = N;
    const senders = [];
    async function sender(user, tenant) {
      const own = { sent: 0, left: M - 1 };
      own.socket = await client(user, tenant, event => {
        if (event !== "heartbeat_ack" || !own.sent) return;
        latencies.push(performance.now() - own.sent);
        if (own.left-- > 0) beat(own);
        else {
          own.sent = 0;
          open--;
        }
      });
      return own;
    }
    function beat(own) {
      own.sent = performance.now();
      own.socket.say("heartbeat", {});
    }
    for (let first = 0; first < N; first += 20) {
      senders.push(...(await together(Math.min(20, N - first), k => sender(`u${k}`, `${tenant}_${first}`))));
    }
    const { ms, us } = await measured(() => {
      senders.forEach(beat);
      return until(() => open <= 0, 90000);
    });
    return {
      events_per_s: Math.round((N * M * 1e3) / ms),
      server_us_cpu_per_event: fixed(us / (N * M), 1),
      p50_ms: percentile(0.5),
      p99_ms: percentile(0.99),
      p999_ms: percentile(0.999),
    };
  },

  // N users in rooms of five; in each of M rounds every room has a leave, a join and a move.
  async rooms() {
    const members = 5;
    const rooms = Math.floor(N / members);
    const sockets = [];
    for (let room = 0; room < rooms; room++) {
      for (const socket of await together(members, k => client(`u${room}_${k}`, `${tenant}_${room % 20}`))) {
        socket.room = `invoice:${room}`;
        socket.say("room:join", { entity_type: "invoice", entity_id: String(room) });
        sockets.push(socket);
      }
    }
    await until(() => (counts["room:users"] || 0) >= sockets.length);
    await pause(500);
    for (const event in counts) counts[event] = 0;
    const { ms, us } = await measured(async () => {
      for (let round = 0; round < M; round++) {
        const joined = (counts["room:users"] || 0) + rooms;
        for (let room = 0; room < rooms; room++) {
          const socket = sockets[room * members + (round % members)];
          const neighbour = sockets[room * members + ((round + 1) % members)];
          socket.say("room:leave", { room_id: socket.room });
          socket.say("room:join", { entity_type: "invoice", entity_id: String(room) });
          neighbour.say("cursor:move", { room_id: socket.room, line: round, column: 1 });
        }
        await until(() => counts["room:users"] >= joined);
      }
      await pause(300);
    });
    const messages = Object.values(counts).reduce((a, b) => a + b, 0);
    return { messages, wall_s: fixed(ms / 1e3, 2), server_us_cpu_per_message: fixed(us / messages, 1) };
  },

  // One of N users stops reading; M updates of 500 bytes go to all: the others' latency, and memory.
  async slow() {
    const onEvent = (event, packet) => event === "presence:update" && received(/\/p(\d+)_/, packet);
    const sockets = await crowd(N, tenant, onEvent);
    sockets[N - 1]._socket.pause();
    await pause(300);
    counts["presence:update"] = 0;
    const { before, after } = await measured(async () => {
      for (let number = 0; number < M; number++) {
        stamps.push(performance.now());
        sockets[number % (N - 1)].say("presence:update", { current_page: `/p${number}_` + "x".repeat(500) });
        await until(() => counts["presence:update"] >= (number - 7) * (N - 1));
      }
      await until(() => counts["presence:update"] >= M * (N - 1), 20000).catch(() => {}); // as in cursors
    });
    return {
      delivered_to_others: counts["presence:update"],
      expected: M * (N - 1),
      p50_ms: percentile(0.5),
      p99_ms: percentile(0.99),
      rss_mb_before: mb(before),
      rss_mb_after: mb(after),
    };
  },
};

scenarios[scenario]()
  .then(result => {
    console.log(JSON.stringify({ scenario, N, M, ...result }));
    process.exit(0);
  })
  .catch(error => {
    console.log(JSON.stringify({ scenario, N, M, error: String(error).slice(0, 200) }));
    process.exit(1);
  });
