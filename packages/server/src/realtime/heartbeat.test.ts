import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { type Heartbeat, openHeartbeat } from "./heartbeat.ts";

const COUNT = 1_000;

let heartbeat: Heartbeat;
let pings: Map<WebSocket, number>;
let dead: WebSocket[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  pings = new Map();
  dead = [];
  heartbeat = openHeartbeat((socket) => void dead.push(socket));
});
afterEach(() => {
  heartbeat.stop();
  vi.useRealTimers();
});

/** A socket whose client answers, or does not. */
function open(answers: boolean): WebSocket {
  const ping = () => {
    pings.set(socket, (pings.get(socket) ?? 0) + 1);
    if (answers) socket.emit("pong", Buffer.alloc(0));
  };
  const socket = Object.assign(new EventEmitter(), { ping }) as unknown as WebSocket;
  heartbeat.add(socket);
  return socket;
}

test("every socket is pinged once in half a minute, and few at the same time", () => {
  const sockets = Array.from({ length: COUNT }, () => open(true));
  let most = 0;
  for (let turn = 0; turn < 100; turn++) {
    const before = pings.size;
    vi.advanceTimersByTime(300);
    most = Math.max(most, pings.size - before);
  }
  expect(most).toBe(COUNT / 100);
  expect(sockets.map((socket) => pings.get(socket))).toEqual(Array(COUNT).fill(1));
  vi.advanceTimersByTime(90_000);
  expect([dead, pings.get(sockets[0]!)]).toEqual([[], 4]);
});

test("who does not answer is dead at the next turn; who has gone is pinged no more", () => {
  const [silent, gone] = [open(false), open(true)];
  gone.emit("close");
  vi.advanceTimersByTime(30_000);
  expect([pings.get(silent), pings.get(gone), dead]).toEqual([1, undefined, []]);
  vi.advanceTimersByTime(30_000);
  expect(dead).toEqual([silent]);
});
