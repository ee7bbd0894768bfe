// Wraps the unchanged service as pm2's manual asks: it ends cleanly on SIGINT, pm2's signal
// ("Graceful Stop"), and reports when it is ready ("Graceful Start", for wait_ready).
const { Server } = require("node:net");

process.on("SIGINT", () => process.emit("SIGTERM"));

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once("listening", () => process.send?.("ready"));
  return listen.apply(this, args);
};
