// The peer on Bun: Socket.IO with its Bun engine, whose WebSocket is uWebSockets, in C++.
// usage: REDIS_URL=redis://… JWT_SECRET_KEY=… bun server-bun.js PORT
const { Server } = require("socket.io");
const { Server: Engine } = require("@socket.io/bun-engine");
const { engine: options, install } = require("./protocol.js");

const port = +process.argv[2];
const engine = new Engine({ path: "/socket.io/", ...options });
const io = new Server({ cors: { origin: "*" } });
io.bind(engine);
install(io);
Bun.serve({ hostname: "127.0.0.1", port, idleTimeout: 60, ...engine.handler() });
console.log("up", port);
