import { once } from "node:events";
import { createServer, request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { fields, JsonField, ListOf, Text } from "@colloquy/protocol";
import express from "express";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildHttp, defineResource, HTTP_DEFAULTS, openFetch, openHandle, reply } from "./index.ts";
import { UNDESCRIBED } from "./openapi/description.ts";
import { trustOf } from "./peer.ts";

type Built = Awaited<ReturnType<typeof buildHttp>>;

const LIMIT = 10_000;
let app: Built;
let closing: (() => void)[] = [];
/** Whether the policy lets anybody in. */
let isOpen = true;
let streamed = 0;
/** How often the policy was asked. */
let asked = 0;

beforeEach(async () => {
  isOpen = true;
  streamed = 0;
  asked = 0;
  const echo = defineResource({
    path: "/echo",
    policy: "own",
    methods: {
      POST: {
        summary: "Says what it heard",
        body: fields({
          text: Text({ required: false, maxLength: LIMIT }),
          tags: ListOf(Text(), { required: false }),
          meta: JsonField({ required: false }),
        }),
        response: { 200: Type.Unsafe<object>({ type: "object", additionalProperties: true }) },
        handle: ({ body, url, request }) => ({ ...body, url: url.href, ip: request.ip }),
      },
      DELETE: { summary: "Nothing", response: { 204: Type.Null() }, handle: () => reply(204) },
    },
  });
  const file = defineResource({
    path: "/file",
    policy: "own",
    methods: {
      GET: {
        summary: "A long file",
        response: { 200: Type.Any() },
        handle: () => reply(200, Readable.from(pieces()), { "content-type": "text/plain" }),
      },
    },
  });
  app = await buildHttp({
    resources: [echo, file],
    settings: {
      ...HTTP_DEFAULTS,
      prefix: "/api",
      bodyLimit: LIMIT,
      bodySeconds: 1,
      trust: trustOf(0),
      logLevel: "silent",
    },
    authenticate: () => ({ id: 1, isSuperuser: false, language: null, timeZone: null }),
    allow: () => {
      asked++;
      return isOpen;
    },
    isReady: async () => ({}),
    api: UNDESCRIBED,
  });
});

afterEach(async () => {
  for (const close of closing) close();
  closing = [];
  await app.close();
});

/** 100 MB. */
async function* pieces(): AsyncGenerator<string> {
  for (; streamed < 1_600; streamed++) yield "x".repeat(65_536);
}

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const JSON_TYPE = { "content-type": "application/json" };

async function post(url: string, body: RequestInit["body"], headers: Record<string, string> = JSON_TYPE) {
  const response = await fetch(url, { method: "POST", body, headers, signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

describe("in Express", () => {
  const handle = () => openHandle(app, "/api");

  it.each([
    ["json", () => express.json()],
    ["text", () => express.text({ type: "*/*" })],
    ["raw", () => express.raw({ type: "*/*" })],
    ["nothing", () => (_request: unknown, _response: unknown, next: () => void) => next()],
  ])("hears a body that was read by express.%s", async (_, parser) => {
    const host = express().use(parser()).use(handle());
    const origin = await listening(host);
    const sent = { text: "zażółć", meta: { a: [1, null] }, tags: ["a", "b"] };
    expect(await post(`${origin}/api/echo`, JSON.stringify(sent))).toMatchObject({ status: 200, body: sent });
    expect((await post(`${origin}/api/echo`, "")).status).toBe(200);
  });

  it("hears a form that was read", async () => {
    const origin = await listening(express().use(express.urlencoded()).use(handle()));
    const form = new URLSearchParams([
      ["text", "a&b=c"],
      ["tags", "x"],
      ["tags", "y"],
    ]);
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const heard = await post(`${origin}/api/echo`, form, type);
    expect(heard).toMatchObject({ status: 200, body: { text: "a&b=c", tags: ["x", "y"] } });
  });

  it("hears what came compressed, and keeps to its own limit of what was made of it", async () => {
    const origin = await listening(
      express()
        .use(express.json({ limit: "1mb" }))
        .use(handle()),
    );
    const zipped = { ...JSON_TYPE, "content-encoding": "gzip" };
    const small = gzipSync(JSON.stringify({ text: "small" }));
    expect(await post(`${origin}/api/echo`, small, zipped)).toMatchObject({
      status: 200,
      body: { text: "small" },
    });
    const large = gzipSync(JSON.stringify({ text: "x".repeat(2 * LIMIT) }));
    expect((await post(`${origin}/api/echo`, large, zipped)).status).toBe(413);
  });

  it("says to the host, without waiting, that nothing is left of a body", async () => {
    const swallow = express().use((request, _response, next) => {
      request.resume().once("end", next);
    });
    const origin = await listening(swallow.use(handle()));
    expect((await post(`${origin}/api/echo`, '{"text": "lost"}')).status).toBe(500);
  });

  it("is mounted at its prefix or nowhere in particular, and passes on what is not its own", async () => {
    const host = express();
    host.use("/api", handle());
    host.use((request, response) => void response.json({ host: request.url }));
    const origin = await listening(host);
    const { body } = await post(`${origin}/api/echo?a=1`, "{}");
    expect(body.url).toBe(`${origin}/api/echo?a=1`);
    expect((await post(`${origin}/apis/echo`, "{}")).body).toEqual({ host: "/apis/echo" });
    const anywhere = await listening(
      express()
        .use(handle())
        .use((_request, response) => void response.json("host")),
    );
    expect((await post(`${anywhere}/elsewhere`, "{}")).body).toBe("host");
    expect((await post(`${anywhere}/api/elsewhere`, "{}")).status).toBe(404);
  });
});

describe("of web requests", () => {
  const ask = (path: string, init: RequestInit & { duplex?: "half" } = {}, address?: string) =>
    openFetch(app)(
      new Request(`https://clinic.example${path}`, init),
      address === undefined ? {} : { address },
    );

  it("knows its own name, and who asks", async () => {
    const response = await ask(
      "/api/echo",
      { method: "POST", body: "{}", headers: JSON_TYPE },
      "203.0.113.7",
    );
    expect(await response.json()).toEqual({ url: "https://clinic.example/api/echo", ip: "203.0.113.7" });
    expect(response.headers.get("content-type")).toMatch("application/json");
    expect(response.headers.has("transfer-encoding")).toBe(false);
  });

  it("answers what has no body without one", async () => {
    expect(await (await ask("/api/echo", { method: "DELETE" })).text()).toBe("");
    const head = await ask("/healthz", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await ask("/api/nowhere")).status).toBe(404);
  });

  it("takes no more of a body than its limit", async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      async pull(controller) {
        await new Promise(setImmediate);
        pulled += 1_000;
        controller.enqueue(new Uint8Array(1_000).fill(32));
      },
    });
    const response = await ask("/api/echo", {
      method: "POST",
      body: endless,
      headers: JSON_TYPE,
      duplex: "half",
    });
    expect(response.status).toBe(413);
    expect(pulled).toBeLessThan(20 * LIMIT);
  });

  it("waits no longer for a body than it may take", async () => {
    const silent = new ReadableStream({});
    const response = await ask("/api/echo", {
      method: "POST",
      body: silent,
      headers: JSON_TYPE,
      duplex: "half",
    });
    expect(response.status).toBe(408);
  });

  it("asks again who may, where a body was on its way meanwhile", async () => {
    let send: (text: string) => void = () => {};
    const held = new ReadableStream({
      start(controller) {
        send = (text) => {
          controller.enqueue(new TextEncoder().encode(text));
          controller.close();
        };
      },
    });
    const answer = ask("/api/echo", { method: "POST", body: held, headers: JSON_TYPE, duplex: "half" });
    await expect.poll(() => asked).toBe(1);
    isOpen = false;
    send("{}");
    expect((await answer).status).toBe(403);
  });

  it("makes a long answer as it is read, and no more of it once its reader has left", async () => {
    const { body } = await ask("/api/file");
    const reader = body!.getReader();
    await reader.read();
    expect(streamed).toBeLessThan(40);
    await reader.cancel();
    const before = streamed;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(streamed).toBe(before);
  });

  // Node writes a form on where its stream was cancelled meanwhile, and nobody can catch what comes of that.
  it("lets a form be written that it has refused", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const form = new FormData();
    form.append("file", new Blob(["x".repeat(1_000)]), "file.txt");
    expect((await ask("/api/nowhere", { method: "POST", body: form })).status).toBeGreaterThan(400);
    expect((await ask("/api/echo", { method: "POST", body: form })).status).toBe(415);
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it.each([0, 1])("stops where its caller gives up once the policy was asked %i times", async (times) => {
    const abort = new AbortController();
    const silent = new ReadableStream({});
    const { signal } = abort;
    const init = { method: "POST", body: silent, headers: JSON_TYPE, duplex: "half" as const, signal };
    const answer = ask("/api/echo", init);
    const refused = expect(answer).rejects.toThrow();
    if (times > 0) await expect.poll(() => asked).toBe(times);
    abort.abort();
    await refused;
  });
});

it("answers Node's own requests as before", async () => {
  const origin = await listening(openHandle(app, "/api"));
  const answer = await new Promise<number>((resolve) => {
    httpRequest(`${origin}/api/echo`, { method: "DELETE" }, ({ statusCode }) => resolve(statusCode!)).end();
  });
  expect(answer).toBe(204);
});
