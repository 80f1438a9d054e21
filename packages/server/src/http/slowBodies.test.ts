import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { roomsApp } from "./testing/rooms.ts";

const SECONDS = 1;

interface Slow {
  /** All that came back, once the connection is closed. */
  answer: Promise<string>;
  write(text: string): void;
}

/** A request whose body does not come as a whole. */
function slow(port: number, sent = "", headers = "Authorization: 5\r\n", length = 10): Slow {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  const answer = once(socket, "close").then(() => text);
  socket.write(
    `POST /api/rooms/1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${headers}\r\n${sent}`,
  );
  return { answer, write: (more) => void socket.write(more) };
}

async function listening(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  return (app.server.address() as AddressInfo).port;
}

/** The same mounted on a server of the host's, which has its own time limits. */
async function mounted(app: FastifyInstance): Promise<number> {
  const server = createServer((request, response) => app.routing(request, response));
  server.requestTimeout = 0;
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await app.close();
  });
  return (server.address() as AddressInfo).port;
}

it.each([
  ["a listener of its own", listening],
  ["a host's server", mounted],
])("a body that does not come is answered 408 on %s, and the connection is closed", async (_on, open) => {
  const port = await open(await roomsApp({ bodySeconds: SECONDS }));
  for (const sent of ["", '{"te']) {
    const answer = await slow(port, sent).answer;
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(answer.toLowerCase()).toContain("connection: close");
    expect(answer).toContain('{"detail":"The request body took too long."}');
  }
});

it.each([
  ["a listener of its own", listening],
  ["a host's server", mounted],
])("a body that is not waited for must come all the same on %s", async (_on, open) => {
  const port = await open(await roomsApp({ bodySeconds: SECONDS }));
  // Nobody asks, so the answer comes before the body.
  const held = slow(port, "{", "", 1_000);
  // It is the whole that has a time limit, not each pause.
  const trickle = setInterval(() => held.write(" "), 300);
  expect(await held.answer).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n/);
  clearInterval(trickle);
});

it("many bodies that are held keep nobody waiting, and a body in time is answered", async () => {
  const port = await listening(await roomsApp({ bodySeconds: 5 }));
  const held = Array.from({ length: 500 }, () => slow(port, '{"te'));
  for (let n = 0; n < 20; n++) expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  const last = slow(port, '{"tex', "Authorization: 5\r\nConnection: close\r\n");
  last.write('t":1}');
  expect(await last.answer).toMatch(/^HTTP\/1.1 201 Created\r\n/);
  const answers = await Promise.all(held.map(({ answer }) => answer));
  expect(answers.every((answer) => answer.startsWith("HTTP/1.1 408"))).toBe(true);
});
