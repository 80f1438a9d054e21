import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { writeText } from "./frame.ts";

let server: Server;
let stream: Duplex;
let client: WebSocket;

beforeAll(async () => {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server = createServer();
  server.on("upgrade", (request, socket, head) => {
    stream = socket;
    sockets.handleUpgrade(request, socket, head, () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client, "open");
});

afterAll(() => {
  client.terminate();
  server.close();
});

const TEXTS = {
  "no end": ["whole", ""],
  "125 bytes, the most of a short frame": ["a".repeat(100), "b".repeat(25)],
  "126 bytes": ["a".repeat(100), "b".repeat(26)],
  "65,535 bytes": ["a".repeat(65_000), "b".repeat(535)],
  "65,536 bytes": ["a".repeat(65_000), "b".repeat(536)],
  "200,000 bytes": ["a".repeat(100_000), "b".repeat(100_000)],
  "letters of several bytes": ["Grüße, 你好 ", "und 👋 dazu"],
};

test.each(Object.entries(TEXTS))("a client gets a text of %s as it is", async (_name, [start, end]) => {
  const received = once(client, "message");
  writeText(stream, Buffer.from(start!), end!);
  const [data, isBinary] = await received;
  expect({ text: String(data), isBinary }).toEqual({ text: start! + end!, isBinary: false });
});
