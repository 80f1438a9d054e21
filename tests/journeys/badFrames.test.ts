import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { anyCharacter } from "../support/anyCharacter.ts";
import { type Contents, watchContents } from "../support/contents.ts";
import { runs } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";
import { NASTY } from "./nasty.ts";

const [SUPERUSER, MEMBER] = [1, 2];
const TOO_BIG = 1009;

let server: TestServer;
let contents: Contents;
let thread: number;
let message: number;
let socket: TestSocket;

beforeAll(async () => {
  // Else the limits would answer in place of what is looked at.
  const limits = { writingPerSecond: 100_000, framesPerSecond: 100_000, frameBytesPerSecond: 100_000_000 };
  server = await startServer({ limits });
  thread = (await server.colloquy.threads.create({ creator: SUPERUSER })).id;
  await server.colloquy.members.add(thread, MEMBER);
  message = (await server.colloquy.messages.post(thread, SUPERUSER, { text: "Hello" }))!.id;
  contents = await watchContents(server.colloquy.db);
  socket = await server.socket(MEMBER);
});

/** Sends something, and then a frame that is answered in any case: what comes before that is the answer. */
async function answerTo(
  sent: string | Uint8Array<ArrayBuffer>,
): Promise<{ code: string; about: string | null } | null> {
  const before = socket.frames.length;
  socket.send(sent);
  socket.send({ message: "echo", data: null });
  await socket.next(({ message, data }) => message === "error" && data.about === "echo");
  const answers = socket.frames.slice(before, -1);
  expect(answers.length, String(sent).slice(0, 200)).toBeLessThanOrEqual(1);
  if (answers.length === 0) return null;
  expect(answers[0]).toEqual({
    message: "error",
    data: { code: expect.any(String), detail: expect.any(String), about: answers[0]!.data.about },
  });
  expect(await contents.changes(), String(sent).slice(0, 200)).toBeNull();
  return answers[0]!.data;
}

describe("a frame", () => {
  it.each([
    "",
    " ",
    "{",
    "nul",
    "[]",
    "[1]",
    "1",
    '"hello"',
    "null",
    "true",
    "{}",
    '{"data": {}}',
    "\0",
    "{'message': 1}",
    '{"message"',
    "\ufeff{}",
  ])("that is none is answered, and the connection stays: %j", async (text) => {
    expect(await answerTo(text)).toMatchObject({ code: "MALFORMED", about: null });
  });

  it.each(Object.entries(NASTY).filter(([, text]) => text.length < 20_000))(
    "with %s for a message is answered",
    async (_name, text) => {
      expect(await answerTo(`{"message": ${text}, "data": {"message": ${message}}}`)).toMatchObject({
        code: "UNKNOWN_MESSAGE",
      });
    },
  );

  it.each(Object.entries(NASTY).filter(([, text]) => text.length < 20_000))(
    "with %s for data is answered",
    async (_name, text) => {
      for (const name of ["mark_message_as_read", "thread_someone_is_writing"]) {
        expect(await answerTo(`{"message": "${name}", "data": ${text}}`)).toMatchObject({
          code: "WRONG_DATA",
          about: name,
        });
        const fields = ["message", "thread", "length"].map((field) => `"${field}": ${text}`);
        const answer = await answerTo(`{"message": "${name}", "data": {${fields.join(", ")}}}`);
        expect(["WRONG_DATA", "DENIED"]).toContain(answer?.code);
      }
    },
  );

  it("of the server's own, or of an object's, is none that a client may send", async () => {
    for (const name of [
      "hello",
      "error",
      "message_created_or_updated",
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
    ])
      expect(await answerTo(JSON.stringify({ message: name, data: {} }))).toMatchObject({
        code: "UNKNOWN_MESSAGE",
        about: name,
      });
  });

  it("about what is not there is refused like one about what is somebody else's", async () => {
    const { id: foreign } = await server.colloquy.threads.create({ creator: SUPERUSER });
    const secret = (await server.colloquy.messages.post(foreign, SUPERUSER, { text: "Secret" }))!.id;
    await contents.changes();
    const refused = [
      ...[secret, 999_999_999].map((message) => ({ message: "mark_message_as_read", data: { message } })),
      ...[foreign, 999_999_999].map((thread) => ({
        message: "thread_someone_is_writing",
        data: { thread, length: 1 },
      })),
    ];
    const answers = [];
    for (const frame of refused) answers.push(await answerTo(JSON.stringify(frame)));
    for (const answer of answers)
      expect(answer).toMatchObject({
        code: "DENIED",
        detail: "You do not have permission to perform this action.",
      });
  });

  it("of any JSON is answered or carried out", async () => {
    const name = fc.constantFrom("mark_message_as_read", "thread_someone_is_writing", "resume", "x");
    const data = fc.oneof(
      fc.jsonValue({ stringUnit: anyCharacter }),
      fc.record({ message: fc.jsonValue(), thread: fc.jsonValue(), length: fc.jsonValue() }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.record({ message: name, data }), fc.jsonValue({ stringUnit: anyCharacter })),
        async (frame) => {
          await answerTo(JSON.stringify(frame));
        },
      ),
      { numRuns: runs(30, 100) },
    );
  });

  it("in bytes is read like text, and refused where it is none", async () => {
    expect(await answerTo(new Uint8Array([0xff, 0xfe, 0x00]))).toMatchObject({ code: "MALFORMED" });
    expect(await answerTo(new TextEncoder().encode('{"message": "x"}'))).toMatchObject({
      code: "UNKNOWN_MESSAGE",
    });
  });

  it("beyond 64 KB ends its connection with 1009, and no other", async () => {
    const own = await server.socket(SUPERUSER);
    own.send({ message: "x", data: "a".repeat(70_000) });
    expect(await own.closed).toBe(TOO_BIG);
    expect(await answerTo('{"message": "still there"}')).toMatchObject({ code: "UNKNOWN_MESSAGE" });
  });
});

describe("a connection", () => {
  /** The first line that a server says to these bytes, before it hangs up. */
  async function firstLine(bytes: string): Promise<string> {
    const { port, hostname } = new URL(server.url);
    const raw = connect(Number(port), hostname);
    let said = "";
    raw.on("data", (chunk) => {
      said += String(chunk);
    });
    raw.end(bytes);
    await once(raw, "close");
    return said.split("\r\n", 1)[0]!;
  }
  const upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

  it.each([
    ["of nobody", `GET /ws HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`, 401],
    ["with a token that is none", `GET /ws?token=%00x HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`, 401],
    [
      "from a page of somebody else",
      `GET /ws HTTP/1.1\r\nHost: x\r\nX-User-Id: 2\r\nOrigin: http://evil\r\n${upgrade}\r\n`,
      401,
    ],
    ["elsewhere", `GET /wsx HTTP/1.1\r\nHost: x\r\nX-User-Id: 2\r\n${upgrade}\r\n`, 404],
    ["to no address", `GET //[ HTTP/1.1\r\nHost: x\r\nX-User-Id: 2\r\n${upgrade}\r\n`, 404],
    [
      "without a key",
      "GET /ws HTTP/1.1\r\nHost: x\r\nX-User-Id: 2\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      400,
    ],
    ["by POST", `POST /ws HTTP/1.1\r\nHost: x\r\nX-User-Id: 2\r\n${upgrade}\r\n`, 405],
    ["that is not even HTTP", "\x16\x03\x01\r\n\r\n", 400],
  ])("%s is refused", async (_name, bytes, status) => {
    expect(await firstLine(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await server.as(MEMBER).get("/accounts/me")).status).toBe(200);
  });

  it("that is cut while it is being opened, or used, harms nobody", async () => {
    const { port, hostname } = new URL(server.url);
    const ask = `GET /ws HTTP/1.1\r\nHost: x\r\nX-User-Id: ${MEMBER}\r\n${upgrade}\r\n`;
    // Frames must be masked, and have no reserved bits: this is none.
    for (const bytes of [ask, `${ask}\xff\xff\xff\xff`, ask.replace("/ws", "/elsewhere")])
      for (const patience of [0, 1, 5, 20]) {
        const raw = connect(Number(port), hostname);
        raw.on("error", () => undefined);
        await once(raw, "connect");
        raw.write(bytes, "latin1");
        await new Promise((resolve) => setTimeout(resolve, patience));
        raw.resetAndDestroy();
      }
    expect(await answerTo('{"message": "still there"}')).toMatchObject({ code: "UNKNOWN_MESSAGE" });
  });
});
