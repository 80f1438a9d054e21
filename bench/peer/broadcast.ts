import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { seeded } from "../../tests/support/seeded.ts";
import { arrivals } from "../load/arrivals.ts";
import { answerQuestions } from "../support/child.ts";

export type BroadcastQuestion =
  /** Who is in each group, and how many bytes they are sent. Answers the server's address. */
  | { circles: number[][]; bytes: number }
  /** So many times a second one group is sent a frame. */
  | { rate: number; seconds: number };

export interface Broadcast {
  deliveries: number;
  /** Of this process. */
  cpuSeconds: number;
}

/** The least that delivering costs: a `ws` server that knows nobody's rights and sends the same bytes to a group. */
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
const sockets = new Map<number, WebSocket>();
const random = seeded(1);
let circles: number[][] = [];
let frame = Buffer.alloc(0);

server.on("connection", (socket, request) => {
  const person = Number(request.url!.slice(1));
  sockets.set(person, socket);
  socket.on("close", () => sockets.delete(person));
  socket.send("ready");
});

answerQuestions<BroadcastQuestion>(async (question) => {
  if ("rate" in question) return broadcast(question);
  circles = question.circles;
  frame = Buffer.alloc(question.bytes, "x");
  if (server.address() === null) await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

async function broadcast(asked: { rate: number; seconds: number }): Promise<Broadcast> {
  const before = process.cpuUsage();
  let deliveries = 0;
  await arrivals(asked, random, () => {
    for (const person of circles[Math.floor(random() * circles.length)]!) {
      const socket = sockets.get(person);
      if (socket === undefined) continue;
      socket.send(frame, { binary: false });
      deliveries += 1;
    }
  });
  const { user, system } = process.cpuUsage(before);
  return { deliveries, cpuSeconds: (user + system) / 1e6 };
}
