import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { buildHttp } from "./buildHttp.ts";
import { type Drain, openDrain } from "./drain.ts";
import { UNDESCRIBED } from "./openapi/description.ts";
import { HTTP_DEFAULTS } from "./settings.ts";
import { authenticate, oneNote } from "./testing/rooms.ts";

interface Draining {
  drain: Drain;
  port: number;
  /** Lets the answers to `/slow` go. */
  answer(): void;
}

async function listening(): Promise<Draining> {
  let drain: Drain | null = null;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const app = await buildHttp({
    resources: [oneNote],
    settings: { ...HTTP_DEFAULTS, logLevel: "silent", docs: false },
    authenticate,
    allow: () => true,
    isReady: async () => ({ listener: drain?.isDraining() === false }),
    api: UNDESCRIBED,
    extend: (extended) => {
      drain = openDrain(extended);
      extended.get("/slow", async () => {
        await answered;
        return "at last";
      });
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    answer();
    await app.close();
  });
  return { drain: drain!, port: (app.server.address() as AddressInfo).port, answer };
}

/** A connection as a proxy keeps it. */
async function connection(port: number): Promise<Socket & { ask(path: string): Promise<string> }> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  await once(socket, "connect");
  const ask = async (path: string) => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const cutOff = once(socket, "close").then(() => Promise.reject(new Error("Closed without an answer")));
    return String((await Promise.race([once(socket, "data"), cutOff]))[0]);
  };
  return Object.assign(socket, { ask });
}

const refusalOf = async (port: number) => {
  const [{ code }] = await once(connect(port, "127.0.0.1"), "error");
  return code;
};

it("takes no new connections, and answers what comes over those that are open once more each", async () => {
  const { drain, port } = await listening();
  const idle = await connection(port);
  expect(await idle.ask("/healthz")).toMatch(/^HTTP\/1.1 200 [^{]*connection: keep-alive/is);
  await drain.begin(0);
  expect(await refusalOf(port)).toBe("ECONNREFUSED");
  const done = drain.done();
  await sleep(50);
  const ended = once(idle, "end");
  expect(await idle.ask("/healthz")).toMatch(/^HTTP\/1.1 200 [^{]*connection: close/is);
  await ended;
  await done;
});

it("closes connections over which nothing comes, and lets requests under way finish", async () => {
  const { drain, port, answer } = await listening();
  const [idle, busy] = [await connection(port), await connection(port)];
  await idle.ask("/healthz");
  const slow = busy.ask("/slow");
  await expect.poll(() => busy.bytesWritten).toBeGreaterThan(0);
  await drain.begin(0);
  let isDone = false;
  const done = drain.done().then(() => {
    isDone = true;
  });
  await once(idle, "close");
  await sleep(300);
  expect(isDone).toBe(false);
  answer();
  expect(await slow).toContain("at last");
  await done;
});

it("serves for a while longer, and says meanwhile that it is not ready", async () => {
  const { drain, port } = await listening();
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  expect(await statusOf("/readyz")).toBe(200);
  const begun = drain.begin(0.5);
  expect([await statusOf("/readyz"), await statusOf("/healthz")]).toEqual([503, 200]);
  await begun;
  expect(await refusalOf(port)).toBe("ECONNREFUSED");
  await drain.done();
});

it("is at an end at once where nobody has listened", async () => {
  const drain = openDrain(fastify());
  await drain.begin(60);
  expect(drain.isDraining()).toBe(false);
  await drain.done();
});
