// What pm2's manual asks of an application, around the unchanged service: it ends well on SIGINT,
// pm2's signal ("Graceful Stop"), and says when it is ready ("Graceful Start", for wait_ready).
const { Server } = require("node:net");

process.on("SIGINT", () => process.emit("SIGTERM"));

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once("listening", () => process.send?.("ready"));
  return listen.apply(this, args);
};
