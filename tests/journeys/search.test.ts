import { beforeAll, describe, expect, it } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";

const [ANN, BEN, EVE] = [2, 3, 4].map(person) as [UserId, UserId, UserId];

let server: TestServer;
let thread: number;

interface Found {
  id: number;
  text: string;
  thread: number;
  thread_title: string;
  rank: number;
  highlights: { text: string; match: boolean }[];
}

beforeAll(async () => {
  server = await startServer({
    threadTypes: { silent: { indexed: false } },
    types: { chat: ["chat", "silent"] },
    limits: { textLength: 200_000 },
  });
  thread = (await server.colloquy.threads.create({ creator: ANN, title: "Nights" })).id;
  await server.colloquy.members.add(thread, BEN);
});

async function say(text: string, more: { language?: string; thread?: number; sender?: UserId } = {}) {
  const { sender = ANN, thread: at = thread, ...rest } = more;
  const { status, body } = await server.as(sender).post(`/threads/${at}/messages`, { text, ...rest });
  expect(status).toBe(201);
  return body.id as number;
}

async function find(q: string, more: { as?: UserId; in?: number; query?: string } = {}): Promise<Found[]> {
  const path = more.in === undefined ? "/search" : `/threads/${more.in}/search`;
  const query = `q=${encodeURIComponent(q)}${more.query ?? ""}`;
  const { status, body } = await server.as(more.as ?? ANN).get(`${path}?${query}`);
  expect([status, status === 200 ? null : body]).toEqual([200, null]);
  return body.results;
}

const textsOf = (found: Found[]) => found.map(({ text }) => text);
const marked = ({ highlights }: Found) =>
  highlights.map(({ text, match }) => (match ? `[${text}]` : text)).join("");

describe("finds", () => {
  it("a message from the statement that writes it on, with where it is", async () => {
    const id = await say("A kangaroo sat on my bed");
    const [found, ...more] = await find("kangaroo");
    expect(more).toEqual([]);
    expect(found).toMatchObject({ id, thread, thread_title: "Nights", is_own: true });
    expect(marked(found!)).toBe("A [kangaroo] sat on my bed");
    expect(await find("kangaroo", { as: BEN })).toMatchObject([{ id, is_own: false, client_id: null }]);
  });

  it("words in any order, the beginning of the last one, phrases, and not what is excluded", async () => {
    await say("The blue whale sings");
    await say("A whale that is blue");
    const both = ["A whale that is blue", "The blue whale sings"];
    expect(textsOf(await find("whale blue")).sort()).toEqual(both);
    expect(textsOf(await find("blue wha")).sort()).toEqual(both);
    expect(textsOf(await find('"blue whale"'))).toEqual(["The blue whale sings"]);
    expect(textsOf(await find("whale -sings"))).toEqual(["A whale that is blue"]);
    expect(await find("wha blue")).toEqual([]);
    expect(await find("-whale")).toEqual([]);
  });

  it("inflected words by the language of the message, where the reader's is the same", async () => {
    await say("Two zebras were galloping", { language: "en" });
    await say("Zwei Zebras galoppierten", { language: "de-AT" });
    const [english] = await find("zebra gallops", { query: "&language=en" });
    expect(marked(english!)).toBe("Two [zebras] were [galloping]");
    expect(textsOf(await find("galoppierte zebras", { query: "&language=de" }))).toEqual([
      "Zwei Zebras galoppierten",
    ]);
    // Nearly the same words do, too, where nothing else is found.
    const [near] = await find("zebra gallops", { query: "&language=xx-unknown" });
    expect(marked(near!)).toBe("Two [zebras] were [galloping]");
  });

  it("what was probably meant", async () => {
    await say("My crocodile has hiccups");
    for (const typo of ["crocodlie", "krocodile", "crocodle", "hicups crocodile"])
      expect(textsOf(await find(typo)), typo).toEqual(["My crocodile has hiccups"]);
    expect(await find("dromedary")).toEqual([]);
  });

  it("the better match first", async () => {
    await say("An otter, then a long tale of other things that have nothing at all to do with it");
    await say("otter otter otter");
    const found = await find("otter");
    expect(found.map(({ text }) => text.length)).toEqual([17, 81]);
    expect(found[0]!.rank).toBeGreaterThan(found[1]!.rank);
  });

  it("in pages, and behind them", async () => {
    for (let n = 0; n < 5; n++) await say(`pelican ${n}`);
    const first = await server.as(ANN).get("/search?q=pelican&limit=2");
    const ids = first.body.results.map(({ id }: Found) => id);
    let { next } = first.body;
    while (next !== null) {
      const page = await server.as(ANN).get(next.slice(next.indexOf("/search")));
      ids.push(...page.body.results.map(({ id }: Found) => id));
      next = page.body.next;
    }
    expect(new Set(ids).size).toBe(5);
    expect(ids.length).toBe(5);
    const sorted = [...ids].sort((one, other) => one - other);
    const before = await find("pelican", { query: `&before=${sorted[2]}` });
    expect(before.map(({ id }) => id).sort((one, other) => one - other)).toEqual(sorted.slice(0, 2));
  });

  it("what is odd", async () => {
    await say(`it's a "quoted" \\ back'slash <b>bold</b> & ünïcödé 你好世界`);
    for (const q of [
      "it's",
      `back'slash`,
      "ünïcödé",
      "你好",
      "bold",
      '"quoted',
      "\\",
      "''''",
      ":*",
      "a & b | !c",
      "🙂",
    ])
      await find(q);
    const [found] = await find("bold");
    expect(found!.highlights).toContainEqual({ text: "bold", match: true });
    expect(textsOf(await find("你好"))).toHaveLength(1);
  });

  it("a long text without failing, by its beginning", async () => {
    const words = Array.from({ length: 20_000 }, (_, n) => `w${n}`).join(" ");
    const long = await server.colloquy.messages.automate(thread, {
      text: `gazelle ${words}`.slice(0, 100_000),
    });
    expect((await find("gazelle")).map(({ id }) => id)).toEqual([long]);
  });
});

it("takes little time for texts and queries that are made to take much", { timeout: 30_000 }, async () => {
  const at = (await server.colloquy.threads.create({ creator: ANN })).id;
  const common = "ab abc ".repeat(14_000);
  for (let n = 0; n < 20; n++) await server.colloquy.messages.automate(at, { text: `${common} wombat` });
  const began = performance.now();
  for (const q of ["ab abc", "wombat", "<ab".repeat(160)]) await find(q, { in: at });
  expect(performance.now() - began).toBeLessThan(15_000);
  const [late] = await find("-kiwi wombat", { in: at, query: "&limit=1" });
  expect(marked(late!)).toMatch(/ \[wombat\]$/);
});

describe("follows", () => {
  it("edits and deletions", async () => {
    const id = await say("A flamingo");
    await server.as(ANN).patch(`/threads/${thread}/messages/${id}`, { text: "A stork" });
    await server.colloquy.messages.edit(thread, id, { text: "A stork" });
    expect(await find("flamingo")).toEqual([]);
    expect(textsOf(await find("stork"))).toEqual(["A stork"]);
    await server.colloquy.messages.remove(thread, id);
    expect(await find("stork")).toEqual([]);
    // Nor are its words what was meant.
    expect(await find("strok")).toEqual([]);
  });

  it("who comes, goes, or may no longer read", async () => {
    await say("A secret walrus");
    expect(await find("walrus", { as: EVE })).toEqual([]);
    await server.colloquy.members.add(thread, EVE);
    expect(await find("walrus", { as: EVE })).toHaveLength(1);
    await server.colloquy.members.edit(thread, EVE, { permissions: 2 });
    expect(await find("walrus", { as: EVE })).toEqual([]);
    expect((await server.as(EVE).get(`/threads/${thread}/search?q=walrus`)).status).toBe(403);
    await server.colloquy.members.remove(thread, EVE);
    expect(await find("walrsu", { as: EVE })).toEqual([]);
  });
});

it("stays within one thread, where that is asked for, and out of types that are not indexed", async () => {
  const other = (await server.colloquy.threads.create({ creator: ANN })).id;
  const silent = (await server.colloquy.threads.create({ creator: ANN, type: "silent" })).id;
  for (const at of [thread, other, silent]) await say("An ibis", { thread: at });
  expect((await find("ibis")).map((found) => found.thread).sort()).toEqual([thread, other].sort());
  expect((await find("ibis", { in: other })).map((found) => found.thread)).toEqual([other]);
  expect(await find("ibis", { in: silent })).toEqual([]);
  const { unread } = (await server.as(BEN).get(`/threads/${thread}`)).body;
  await find("ibis", { as: BEN, in: thread });
  expect((await server.as(BEN).get(`/threads/${thread}`)).body.unread).toBe(unread);
});

it("says what is wrong with a query", async () => {
  const ask = async (query: string) => (await server.as(ANN).get(`/search?${query}`)).status;
  expect(await ask("")).toBe(400);
  expect(await ask(`q=${"x".repeat(501)}`)).toBe(400);
  expect(await ask("q=%00")).toBe(400);
  expect(await ask("q=x&before=y")).toBe(400);
  expect(await ask("q=x&offset=9999999999")).toBe(400);
  expect((await server.as(null).get("/search?q=x")).status).toBe(401);
  expect(await find("")).toEqual([]);
});
