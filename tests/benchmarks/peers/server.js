// The peer on Node: Socket.IO with its default engine (ws).
// usage: REDIS_URL=redis://… JWT_SECRET_KEY=… node server.js PORT
const { Server } = require("socket.io");
const { engine, install } = require("./protocol.js");

const port = +process.argv[2];
const http = require("http").createServer((request, response) => {
  response.statusCode = 404;
  response.end();
});
install(new Server(http, { cors: { origin: "*" }, ...engine }));
http.listen(port, "127.0.0.1", () => console.log("up", port));
