// Samples a running workerd through its inspector. node page_profile.mjs <inspector port> <seconds>
// Prints {"samples", "functions": [[where, name, samples of its own], …]} as one line.
import { setTimeout as wait } from "node:timers/promises";

const [port, seconds] = process.argv.slice(2).map(Number);
const [target] = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
const socket = new WebSocket(target.webSocketDebuggerUrl);
await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
const waiting = new Map();
socket.onmessage = ({ data }) => {
  const { id, result, error } = JSON.parse(data);
  const [resolve, reject] = waiting.get(id) ?? [];
  waiting.delete(id);
  if (error) reject?.(new Error(error.message));
  else resolve?.(result);
};
let last = 0;
const ask = (method, params = {}) =>
  new Promise((resolve, reject) => {
    waiting.set((last += 1), [resolve, reject]);
    socket.send(JSON.stringify({ id: last, method, params }));
  });

await ask("Profiler.enable");
await ask("Profiler.setSamplingInterval", { interval: 200 });
await ask("Profiler.start");
await wait(1000 * seconds);
const { profile } = await ask("Profiler.stop");
const own = new Map();
for (const { callFrame, hitCount } of profile.nodes) {
  const key = JSON.stringify([callFrame.url, callFrame.functionName]);
  own.set(key, (own.get(key) ?? 0) + hitCount);
}
const functions = [...own].map(([key, count]) => [...JSON.parse(key), count]).sort((a, b) => b[2] - a[2]);
console.log(JSON.stringify({ samples: profile.samples.length, functions }));
process.exit(0);
