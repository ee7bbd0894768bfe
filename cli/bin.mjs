#!/usr/bin/env node
// npx links a checkout's program once and for all: those that it linked before the program moved find it here.
await import("../bin/shoestring.mjs");
