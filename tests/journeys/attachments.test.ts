import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { publish } from "./flows.ts";

// Spec 7, attachments of messages.

const ME = person(2);
const YOU = person(3);
const STRANGER = person(4);

const directory = mkdtempSync(join(tmpdir(), "attachments-"));
let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    messages: { hidden: ({ id }) => (id === STRANGER ? ["secret"] : []) },
    attachments: { directory, maxBytes: 300_000 },
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A picture that is no two like another, so that it is as large as it looks. */
function picture(width: number, height: number) {
  const channels = 3;
  const noise = Buffer.from(Array.from({ length: width * height * channels }, (_, n) => (n * 7919) % 251));
  return sharp(noise, { raw: { width, height, channels } });
}
const base64 = async (image: Sharp) => (await image.toBuffer()).toString("base64");

/** Names of the files that are there. */
const files = () =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
    : [];

const threadOf = async (...others: UserId[]) => {
  const { id: thread } = await server.colloquy.threads.create({ creator: ME, permissions: 8191 });
  for (const user of others) await server.colloquy.members.add(thread, user);
  return thread;
};
const post = (user: UserId, thread: number, body: object) =>
  server.as(user).post(`/threads/${thread}/messages`, body);
const fetched = (src: string, headers = {}) => fetch(server.url + src, { headers });
const isMessage = ({ message }: { message: string }) => message === "message_created_or_updated";

function form(parts: Record<string, string | Uint8Array<ArrayBuffer>>) {
  const data = new FormData();
  for (const [name, part] of Object.entries(parts))
    if (typeof part === "string") data.append(name, part);
    else data.append(name, new Blob([part]), "../../etc/passwd\r\n.png");
  return data;
}

/** As a browser sends it. */
const send = (user: UserId, path: string, parts: Parameters<typeof form>[0], method = "POST") =>
  fetch(`${server.url}/api${path}`, { method, body: form(parts), headers: { "x-user-id": String(user) } });

describe("a picture", () => {
  test("is posted with its message, shown everywhere, and read by its viewers", async () => {
    const thread = await threadOf(YOU, STRANGER);
    const [socket, another] = [await server.socket(YOU), await server.socket(STRANGER)];
    onTestFinished(async () => void (await Promise.all([socket.close(), another.close()])));
    const file_content = await base64(picture(300, 200).jpeg());
    const attachments = [{ type: "image", title: "A <house>", file_content }];
    const { status, body } = await post(ME, thread, { attachments });
    expect(status).toBe(201);
    expect(body).toMatchObject({ text: "", has_attachments: true });
    const [mine] = body.attachments_data;
    expect(mine).toEqual({
      id: expect.any(Number),
      message: body.id,
      type: "image",
      title: "A <house>",
      description: "",
      src: expect.stringMatching(/^\/api\/files\/\d+\?/),
      thumbnail: { src: expect.stringMatching(/^\/api\/files\/\d+\?/), width: 100, height: 67 },
      options: null,
      object_id: null,
      content_type: null,
      content_type_name: null,
    });
    expect(body.thread_data.last_message_data.attachments_data).toEqual([mine]);

    const pushed = (await socket.next(isMessage)).data;
    const [yours] = pushed.attachments_data;
    expect(yours).toEqual({
      ...mine,
      src: yours.src,
      thumbnail: { ...mine.thumbnail, src: yours.thumbnail.src },
    });
    expect(yours.src).toContain(`viewer=${YOU}`);
    expect((await another.next(isMessage)).data.attachments_data[0].src).toContain(`viewer=${STRANGER}`);
    expect(mine.src).toContain(`viewer=${ME}`);
    expect(pushed.thread_data.last_message_data.attachments_data).toEqual([yours]);

    const message = `/threads/${thread}/messages/${body.id}`;
    const { results } = (await server.as(YOU).get(`/threads/${thread}/messages`)).body;
    expect(results[0].attachments_data).toEqual([yours]);
    expect((await server.as(YOU).get(message)).body.attachments_data).toEqual([yours]);
    expect((await server.as(YOU).get(`${message}/attachments`)).body).toEqual([yours]);
    expect((await server.as(YOU).get(`${message}/attachments/${mine.id}`)).body).toEqual(yours);
    const [one] = (await server.as(YOU).get(`/accounts/${YOU}/threads/chat`)).body.results;
    expect(one.last_message_data.attachments_data).toEqual([yours]);

    const got = await fetched(yours.src);
    expect([got.status, got.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect(got.headers.get("content-disposition")).toMatch(/^inline; filename="picture-\d+\.jpeg"$/);
    expect(got.headers.get("x-content-type-options")).toBe("nosniff");
    expect(got.headers.get("content-security-policy")).toContain("sandbox");
    const bytes = Buffer.from(await got.arrayBuffer());
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 300, height: 200 });
    expect(Number(got.headers.get("content-length"))).toBe(bytes.length);
    const part = await fetched(yours.src, { range: "bytes=10-19" });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    expect((await fetched(yours.src, { range: `bytes=${bytes.length}-` })).status).toBe(416);
    const small = Buffer.from(await (await fetched(yours.thumbnail.src)).arrayBuffer());
    expect(await sharp(small).metadata()).toMatchObject({ width: 100, height: 67 });
  });

  test("stands upright, forgets where it was taken, and goes on moving", async () => {
    const thread = await threadOf();
    const place = { IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 0/1 0/1" } };
    const turned = picture(40, 20).jpeg().withExif(place).withMetadata({ orientation: 6 });
    const exif = (await sharp(await turned.toBuffer()).metadata()).exif;
    expect(exif).toBeDefined();
    const frames = await Promise.all(
      [1, 2, 3].map((n) =>
        picture(20, 10)
          .modulate({ hue: n * 90 })
          .png()
          .toBuffer(),
      ),
    );
    const moving = sharp(frames, { join: { animated: true } }).gif({ delay: [50, 50, 50] });
    const { body } = await post(ME, thread, {
      attachments: [
        { type: "image", file_content: await base64(turned) },
        { type: "image", file_content: `data:image/gif;base64,${await base64(moving)}` },
        { type: "image", file_content: await base64(picture(1, 1).webp()) },
      ],
    });
    const [upright, gif, dot] = await Promise.all(
      body.attachments_data.map(async ({ src }: { src: string }) =>
        sharp(Buffer.from(await (await fetched(src)).arrayBuffer()), { animated: true }).metadata(),
      ),
    );
    expect(upright).toMatchObject({ width: 20, height: 40 });
    expect([upright!.exif, upright!.orientation]).toEqual([undefined, undefined]);
    expect(gif).toMatchObject({ format: "gif", pages: 3, width: 20, pageHeight: 10 });
    expect(dot).toMatchObject({ format: "webp", width: 1, height: 1 });
    const sizes = body.attachments_data.map(({ thumbnail }: { thumbnail: object }) => thumbnail);
    expect(sizes).toMatchObject([
      { width: 20, height: 40 },
      { width: 20, height: 10 },
      { width: 1, height: 1 },
    ]);
  });

  test("that is none, or too large to be read, is refused before it is read, and leaves nothing", async () => {
    const thread = await threadOf();
    const before = files();
    const [jpeg, png, gif] = await Promise.all(
      [picture(90, 90).jpeg(), picture(90, 90).png(), picture(90, 90).gif()].map((image) => image.toBuffer()),
    );
    const bomb = Buffer.from(png!);
    bomb.writeUInt32BE(20_000, 16);
    bomb.writeUInt32BE(20_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    const bad: [string, Buffer, string][] = [
      ["a bomb", bomb, "TOO_MANY_PIXELS"],
      ["half a JPEG", jpeg!.subarray(0, jpeg!.length / 2), "INCORRECT_TYPE"],
      ["half a PNG", png!.subarray(0, png!.length / 2), "INCORRECT_TYPE"],
      ["the beginning of a GIF", gif!.subarray(0, 40), "INCORRECT_TYPE"],
      ["a PNG in name only", Buffer.concat([png!.subarray(0, 8), Buffer.alloc(100)]), "INCORRECT_TYPE"],
      ["SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "INCORRECT_TYPE"],
      ["SVG with a prologue", Buffer.from('<?xml version="1.0"?><svg/>'), "INCORRECT_TYPE"],
      ["a script that begins as a GIF", Buffer.from("GIF89a/*<script>*/=alert(1)"), "INCORRECT_TYPE"],
      ["a TIFF", await picture(9, 9).tiff().toBuffer(), "INCORRECT_TYPE"],
      ["a PDF", Buffer.from("%PDF-1.7"), "INCORRECT_TYPE"],
      ["zeros", Buffer.alloc(1_000), "INCORRECT_TYPE"],
    ];
    for (const [name, bytes, problem] of bad) {
      const attachments = [{ type: "image", file_content: bytes.toString("base64") }];
      const { status, body } = await post(ME, thread, { attachments });
      const refused = { attachments: [{ non_field_errors: [problem] }] };
      expect([name, status, body]).toEqual([name, 400, refused]);
      const sent = await send(ME, `/threads/${thread}/messages`, { file: new Uint8Array(bytes) });
      expect([name, sent.status, await sent.json()]).toEqual([name, 400, refused]);
    }
    const sent = await send(ME, `/threads/${thread}/messages`, { file: new Uint8Array(0) });
    expect(sent.status).toBe(400);
    await vi.waitFor(() => expect(files()).toEqual(before));
    // What follows a picture is not kept with it.
    const { body } = await post(ME, thread, {
      attachments: [
        { type: "image", file_content: Buffer.concat([png!, Buffer.from("<script>")]).toString("base64") },
      ],
    });
    const kept = Buffer.from(await (await fetched(body.attachments_data[0].src)).arrayBuffer());
    expect(kept.includes("<script>")).toBe(false);
  });

  test("comes in a form, with a message or to one, whatever the client calls it", async () => {
    const thread = await threadOf();
    const file = new Uint8Array(await picture(30, 30).png().toBuffer());
    const posted = await send(ME, `/threads/${thread}/messages`, { text: "Look", file });
    expect(posted.status).toBe(201);
    const message = (await posted.json()) as { id: number; attachments_data: { type: string }[] };
    expect(message.attachments_data).toMatchObject([{ type: "image" }]);
    const path = `/threads/${thread}/messages/${message.id}/attachments`;
    const added = await send(ME, path, { type: "image", title: "Two", options: '{"a":1}', file });
    expect(added.status).toBe(201);
    expect(await added.json()).toMatchObject({ title: "Two", options: { a: 1 } });
    expect((await server.as(ME).get(path)).body).toHaveLength(2);
    expect(files().every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
    const elsewhere = await send(ME, `/threads/${thread}/read`, { message: "1", file });
    expect(elsewhere.status).toBe(415);
    expect(readdirSync(join(directory, "incoming"))).toEqual([]);
  });
});

describe("what is attached", () => {
  test("may be a video or an object of the host's", async () => {
    const thread = await threadOf();
    const { status, body } = await post(ME, thread, {
      text: "See",
      attachments: [
        { type: "youtube", url: "https://youtu.be/x" },
        { type: "object_reference", object_id: 7, content_type: "visit", title: "The visit" },
      ],
    });
    expect(status).toBe(201);
    expect(body.attachments_data).toMatchObject([
      { type: "youtube", src: "https://youtu.be/x", thumbnail: null },
      {
        type: "object_reference",
        object_id: 7,
        content_type: "visit",
        content_type_name: "visit",
        src: null,
      },
    ]);
  });

  test("is refused with all that is wrong with it, and leaves nothing", async () => {
    const thread = await threadOf();
    const before = files();
    const good = { type: "image", file_content: await base64(picture(9, 9).png()) };
    const bad = [
      [{}, { type: ["REQUIRED"] }],
      [{ type: "film" }, { type: ['"film" is not a valid choice.'] }],
      [{ type: "image" }, { file_content: ["REQUIRED"] }],
      [{ type: "image", file_content: "*" }, { file_content: ["NOT_BASE64"] }],
      [{ type: "image", file_content: "YWJj" }, { non_field_errors: ["INCORRECT_TYPE"] }],
      [{ type: "youtube" }, { url: ["REQUIRED"] }],
      [{ type: "youtube", url: "javascript:alert(1)" }, { url: ["INCORRECT_TYPE"] }],
      [{ type: "object_reference" }, { object_id: ["REQUIRED"], content_type: ["REQUIRED"] }],
      [
        { type: "object_reference", object_id: "x", content_type: 1 },
        { object_id: ["A valid integer is required."] },
      ],
    ] as const;
    const path = async () => {
      const { id } = (await post(ME, thread, { text: "x" })).body;
      return `/threads/${thread}/messages/${id}/attachments`;
    };
    for (const [sent, problems] of bad) {
      const together = await post(ME, thread, { attachments: [good, sent] });
      expect([together.status, together.body]).toEqual([400, { attachments: [{}, problems] }]);
      const alone = await server.as(ME).post(await path(), sent);
      expect([alone.status, alone.body]).toEqual([400, problems]);
    }
    const tooLarge = Buffer.alloc(300_001).toString("base64");
    expect(
      (await post(ME, thread, { attachments: [good, { type: "image", file_content: tooLarge }] })).status,
    ).toBe(413);
    const file = new Uint8Array(300_001);
    expect((await send(ME, await path(), { type: "image", file })).status).toBe(413);
    expect(files()).toEqual(before);
  });

  test("is edited without a new file, replaced, and removed with its files", async () => {
    const thread = await threadOf(YOU);
    const socket = await server.socket(YOU);
    onTestFinished(socket.close);
    const before = files().length;
    const image = { type: "image", file_content: await base64(picture(20, 20).png()) };
    const { body } = await post(ME, thread, { attachments: [image] });
    await socket.next(isMessage);
    const path = `/threads/${thread}/messages/${body.id}/attachments`;
    const [{ id, src }] = body.attachments_data;
    const renamed = await server.as(ME).patch(`${path}/${id}`, { title: "Renamed" });
    expect([renamed.status, renamed.body]).toMatchObject([200, { title: "Renamed", src }]);
    expect((await socket.next(isMessage)).data.attachments_data).toMatchObject([{ title: "Renamed" }]);
    const other = { file_content: await base64(picture(60, 30).png()) };
    const replaced = await server.as(ME).put(`${path}/${id}`, other);
    expect(replaced.body).toMatchObject({ id, title: "Renamed", thumbnail: { width: 60, height: 30 } });
    expect((await fetched(src)).status).toBe(403);
    expect((await fetched(replaced.body.src)).status).toBe(200);
    expect(files().length).toBe(before + 2);
    const video = await server.as(ME).put(`${path}/${id}`, { type: "youtube", url: "https://youtu.be/y" });
    expect(video.body).toMatchObject({ type: "youtube", src: "https://youtu.be/y", thumbnail: null });
    expect(files().length).toBe(before);
    expect((await server.as(ME).delete(`${path}/${id}`)).status).toBe(204);
    expect((await server.as(ME).get(`/threads/${thread}/messages/${body.id}`)).body).toMatchObject({
      has_attachments: false,
      attachments_data: [],
    });
    expect((await server.as(ME).delete(`${path}/${id}`)).status).toBe(404);
  });

  test("comes with an answer, too, and not with what takes none", async () => {
    const flow = await publish(server, "with a picture", [{ qid: 1, type: "text", next_qid: -1 }]);
    const { id: thread } = await server.colloquy.threads.create({
      creator: ME,
      state: "scripted",
      schema: flow.id,
    });
    const image = { type: "image", file_content: await base64(picture(20, 20).png()) };
    const { status, body } = await post(ME, thread, { text: "Here", attachments: [image] });
    expect([status, body]).toMatchObject([201, { text: "Here", attachments_data: [{ type: "image" }] }]);
  });

  test("is posted once under a client_id, and its files once", async () => {
    const thread = await threadOf();
    const before = files().length;
    const client_id = crypto.randomUUID();
    const image = { type: "image", file_content: await base64(picture(20, 20).png()) };
    const both = await Promise.all([1, 2].map(() => post(ME, thread, { client_id, attachments: [image] })));
    const again = await post(ME, thread, { client_id, attachments: [image] });
    expect(again.status).toBe(200);
    const ids = [...both, again].map(({ body }) => body.attachments_data[0].id);
    expect(new Set(ids).size).toBe(1);
    expect(files().length).toBe(before + 2);
  });

  test("may be changed by two at once, and nothing of either is lost", async () => {
    const thread = await threadOf();
    const { body } = await post(ME, thread, {
      text: "x",
      attachments: [{ type: "youtube", url: "https://youtu.be/a" }],
    });
    const path = `/threads/${thread}/messages/${body.id}/attachments`;
    const [{ id }] = body.attachments_data;
    const edits = [{ title: "Title" }, { description: "Description" }, { options: [1] }];
    await Promise.all([
      ...edits.map((edit) => server.as(ME).patch(`${path}/${id}`, edit)),
      server.as(ME).post(path, { type: "youtube", url: "https://youtu.be/b" }),
    ]);
    expect((await server.as(ME).get(path)).body).toMatchObject([
      { title: "Title", description: "Description", options: [1] },
      { src: "https://youtu.be/b" },
    ]);
  });
});

describe("a link to a file", () => {
  const posted = async (thread: number, type = "message") => {
    const image = { type: "image", file_content: await base64(picture(20, 20).png()) };
    return (await post(ME, thread, { type, attachments: [image] })).body;
  };
  const linkFor = async (user: UserId, thread: number) =>
    (await server.as(user).get(`/threads/${thread}`)).body.last_message_data.attachments_data[0].src;

  test("opens for nobody else, no other file, and not for longer", async () => {
    const thread = await threadOf(YOU);
    const [{ src, thumbnail }] = (await posted(thread)).attachments_data;
    const forged = [
      src.replace(`viewer=${ME}`, `viewer=${YOU}`),
      src.replace("rights=own", "rights=all"),
      src.replace(/expires=(\d+)/, (_: string, at: string) => `expires=${Number(at) + 1}`),
      src.replace(/files\/\d+/, thumbnail.src.match(/files\/\d+/)[0]),
      src.replace(/signature=.*/, "signature="),
      src.replace(/\?.*/, ""),
      "/api/files/x",
      "/api/files/999999",
    ];
    for (const link of forged) expect([link, (await fetched(link)).status]).toEqual([link, 403]);
    const expires = Number(new URL(src, server.url).searchParams.get("expires"));
    expect(expires - Date.now() / 1_000).toBeLessThanOrEqual(300);
    expect(expires - Date.now() / 1_000).toBeGreaterThan(140);
  });

  test("ends with the right to see: of a member removed, of a message deleted or hidden", async () => {
    const removed = await threadOf(YOU);
    await posted(removed);
    const link = await linkFor(YOU, removed);
    expect((await fetched(link)).status).toBe(200);
    await server.colloquy.members.remove(removed, YOU);
    expect((await fetched(link)).status).toBe(403);

    const deleted = await threadOf(YOU);
    const { id } = await posted(deleted);
    const gone = await linkFor(YOU, deleted);
    await server.as(ME).delete(`/threads/${deleted}/messages/${id}`);
    expect((await fetched(gone)).status).toBe(403);

    const hidden = await threadOf(STRANGER);
    const { id: secret } = await posted(hidden);
    const seen = await linkFor(STRANGER, hidden);
    expect((await fetched(seen)).status).toBe(200);
    await server.colloquy.db.query(
      { name: "test_hide", text: "update message set type = 'secret' where thread_id = $1" },
      [hidden],
    );
    expect((await fetched(seen)).status).toBe(403);
    const path = `/threads/${hidden}/messages/${secret}/attachments`;
    expect((await server.as(STRANGER).get(path)).status).toBe(404);
    expect((await server.as(ME).get(path)).status).toBe(200);
  });
});

describe("a type of the host's own", () => {
  test("is validated, made, given a thumbnail and shown by its hooks, each with its context", async () => {
    const told: unknown[] = [];
    const own = await startServer({
      attachments: {
        directory,
        types: {
          recording: {
            validate: ({ title }, context) => {
              told.push(["validate", context]);
              return title === "" ? { title: ["Say what it is."] } : null;
            },
            preSave: async (data) => ({
              ...data,
              options: { bytes: data.file!.size, type: data.file!.media_type },
            }),
            thumbnail: () => picture(300, 150).png().toBuffer(),
            src: ({ src }, { user }) => `${src}&for=${user.id}`,
            thumbnailOf: ({ thumbnail }) => ({ ...thumbnail!, width: 1 }),
          },
          plain: {},
        },
      },
    });
    const { id: thread } = await own.colloquy.threads.create({ creator: ME, permissions: 8191 });
    const file_content = Buffer.from("<script>alert(1)</script>").toString("base64");
    const posting = (attachment: object) =>
      own.as(ME).post(`/threads/${thread}/messages`, { text: "x", attachments: [attachment] });
    const refused = await posting({ type: "recording", file_content });
    expect([refused.status, refused.body]).toEqual([400, { attachments: [{ title: ["Say what it is."] }] }]);
    const { body } = await posting({ type: "recording", title: "Cough", file_content });
    const [shown] = body.attachments_data;
    expect(shown).toMatchObject({ options: { bytes: 25, type: null }, thumbnail: { width: 1, height: 50 } });
    expect(shown.src).toMatch(/&for=2$/);
    const path = `/threads/${thread}/messages/${body.id}/attachments/${shown.id}`;
    told.length = 0;
    const existing = (await own.as(ME).get(path)).body;
    expect((await own.as(ME).patch(path, { title: "Cold", file_content })).status).toBe(200);
    const user = expect.objectContaining({ id: ME });
    expect(told).toEqual([["validate", { user, thread, message: body.id, existing }]]);
    // What we did not write ourselves is never displayed.
    const { src } = (await posting({ type: "plain", file_content })).body.attachments_data[0];
    const got = await fetch(own.url + src);
    expect(await got.text()).toBe("<script>alert(1)</script>");
    expect(got.headers.get("content-type")).toBe("application/octet-stream");
    expect(got.headers.get("content-disposition")).toMatch(/^attachment; /);
  });
});

describe("a form that does not end well", () => {
  test("is refused, and leaves nothing", async () => {
    const thread = await threadOf();
    const { id } = (await post(ME, thread, { text: "x" })).body;
    const path = `/api/threads/${thread}/messages/${id}/attachments`;
    const start = '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nbytes';
    const bodies = ["", "--b", start, `${start}\r\n--b`, "--b\r\n\r\n\r\n--b--", "-".repeat(10_000)];
    for (const body of bodies)
      for (const type of ["multipart/form-data; boundary=b", "multipart/form-data"]) {
        const headers = { "x-user-id": String(ME), "content-type": type };
        const { status } = await fetch(server.url + path, { method: "POST", body, headers });
        expect([body.slice(0, 99), type, status]).toEqual([body.slice(0, 99), type, 400]);
      }
    const many = form({ type: "image" });
    for (let n = 0; n < 21; n++) many.append("file", new Blob(["x"]), "x");
    const headers = { "x-user-id": String(ME) };
    expect((await fetch(server.url + path, { method: "POST", body: many, headers })).status).toBe(400);

    const cut = request(server.url + path, {
      method: "POST",
      headers: { ...headers, "content-type": "multipart/form-data; boundary=b", "content-length": 100_000 },
    });
    cut.on("error", () => undefined);
    cut.write(start.padEnd(50_000, "x"));
    const incoming = () => readdirSync(join(directory, "incoming")).length;
    await vi.waitFor(() => expect(incoming()).toBe(1), { timeout: 20_000 });
    cut.destroy();
    await vi.waitFor(() => expect(incoming()).toBe(0), { timeout: 20_000 });
  });
});
