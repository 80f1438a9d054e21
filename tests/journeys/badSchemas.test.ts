import { readdir, readFile } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { anyCharacter } from "../support/anyCharacter.ts";
import { type Contents, watchContents } from "../support/contents.ts";
import { runs } from "../support/runs.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import { NASTY } from "./nasty.ts";

const SUPERUSER = 1;
const EXAMPLES = new URL("../../examples/schemas/", import.meta.url);
const JSON_TYPE = { "content-type": "application/json" };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

let server: TestServer;
let contents: Contents;
let documents: Json[];

beforeAll(async () => {
  server = await startServer();
  contents = await watchContents(server.colloquy.db);
  const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith(".json"));
  documents = await Promise.all(
    files.sort().map(async (file) => JSON.parse(await readFile(new URL(file, EXAMPLES), "utf8")) as Json),
  );
});

const superuser = () => server.as(SUPERUSER);

/** Sends a document; the answer must be that it is stored, or a clear 400 with which nothing is. */
async function send(path: string, text: string, method = "POST"): Promise<Answer> {
  await contents.changes();
  const answer = await superuser().request(path, { method, body: text, headers: JSON_TYPE });
  const changes = await contents.changes();
  const about = `${path}\n${text.slice(0, 5_000)}\n${JSON.stringify(answer.body)?.slice(0, 2_000)}`;
  expect([200, 201, 400], about).toContain(answer.status);
  if (answer.status !== 400) return answer;
  expect(changes, about).toBeNull();
  const problems = Object.values(answer.body);
  expect(problems.length, about).toBeGreaterThan(0);
  for (const problem of problems)
    expect(problem, about).toEqual(expect.arrayContaining([expect.stringMatching(/\S/)]));
  return answer;
}

/** What is stored can be looked at in every way. */
async function lookAt(id: number): Promise<void> {
  const admin = `/admin/schemas/${id}`;
  for (const path of [admin, `${admin}/check`, `${admin}/document`, `/schemas/${id}`])
    expect((await superuser().get(path)).status).toBe(200);
  expect((await superuser().post(`${admin}/simulate`, {})).status).toBe(200);
  const { body: document } = await superuser().get(`${admin}/document`);
  const again = await superuser().post("/admin/schemas/import", document);
  expect(again).toMatchObject({ status: 200, body: { id } });
}

/** All places in a document, as paths. */
function places(value: Json, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => places(inner, [...path, key]))];
}

type Mutation = { kind: "put" | "drop" | "twice" | "add"; place: number; raw: string; key: string };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("put", "put", "put", "drop", "twice", "add"),
  place: fc.nat(),
  raw: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...Object.values(NASTY)) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 2, stringUnit: anyCharacter }) },
    { weight: 3, arbitrary: fc.integer({ min: -2, max: 40 }).map(String) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom(
          "score",
          "score + 1",
          "1/0",
          "9**9**9",
          "x[0]",
          "((",
          "__import__('os')",
          "fork",
          "message",
          "control",
          "range",
          "choice",
          "text",
          "pl",
        )
        .map((text) => JSON.stringify(text)),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '[["score", "score + 1"]]',
        '[[1, "True"]]',
        '[["score", 1]]',
        '[[99, "score"]]',
        '[["score"]]',
        "[[]]",
      ),
    },
  ),
  key: fc.constantFrom(
    "next_qid",
    "qid",
    "meta",
    "translations",
    "group",
    "position",
    "version",
    "attachments",
    "answers",
    "range_from",
    "choice_open",
    "variable_modifications",
    "forking_rules",
    "show_as_type",
    "__proto__",
    "unknown",
    "\0",
    "\ud800",
  ),
});

/** Stands in the text for what JSON.stringify would not write. */
const HOLE = "«hole»";

/** The document's text with the changes made, one after the other. */
function mutated(document: Json, mutations: readonly Mutation[]): string {
  const copy = structuredClone(document);
  const raws: string[] = [];
  const hole = (raw: string) => `${HOLE}${raws.push(raw) - 1}${HOLE}`;
  for (const { kind, place, raw, key } of mutations) {
    const all = places(copy);
    const path = all[place % all.length]!;
    if (path.length === 0) continue;
    // biome-ignore lint/suspicious/noExplicitAny: any container on the way
    const parent = path.slice(0, -1).reduce<any>((value, step) => value[step], copy);
    const last = path.at(-1)!;
    if (kind === "put") parent[last] = hole(raw);
    else if (kind === "drop") Array.isArray(parent) ? parent.splice(Number(last), 1) : delete parent[last];
    else if (kind === "twice" && Array.isArray(parent)) parent.push(structuredClone(parent[Number(last)]));
    else if (!Array.isArray(parent))
      Object.defineProperty(parent, key, {
        value: hole(raw),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  const holes = new RegExp(`"${HOLE}(\\d+)${HOLE}"`, "g");
  return JSON.stringify(copy).replace(holes, (_, index) => raws[Number(index)]!);
}

const cases = fc.tuple(fc.nat(), fc.array(mutation, { minLength: 1, maxLength: 3 }));

function textOf([index, mutations]: [number, Mutation[]]): string {
  return mutated(documents[index % documents.length]!, mutations);
}

describe("an example with anything changed in it", () => {
  it("is imported, or refused without a trace", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (wanted) => {
        const { status, body } = await send("/admin/schemas/import", textOf(wanted));
        if (status === 201) await lookAt(body.id);
      }),
      { numRuns: runs(20, 80) },
    );
  });

  it("is published at once, or refused without a trace", async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.constantFrom("publish=true", "publish=true&force=true"),
        async (wanted, query) => {
          const { status, body } = await send(`/admin/schemas/import?${query}`, textOf(wanted));
          if (status !== 400) expect(body.published).toBe(true);
          if (status === 201) await lookAt(body.id);
        },
      ),
      { numRuns: runs(15, 60) },
    );
  });

  it("replaces a draft, or is refused without a trace", async () => {
    const draft = (await superuser().post("/admin/schemas", { ...(documents[0] as object), name: "draft" }))
      .body.id;
    await fc.assert(
      fc.asyncProperty(cases, async (wanted) => {
        const { status } = await send(`/admin/schemas/${draft}`, textOf(wanted), "PUT");
        if (status === 200) expect((await superuser().get(`/admin/schemas/${draft}/check`)).status).toBe(200);
      }),
      { numRuns: runs(10, 40) },
    );
  });
});

describe("a schema document", () => {
  it("with an error that the checker finds is not stored when it was to be published", async () => {
    const document = {
      format: "colloquy.schema/1",
      name: "endless",
      type: "survey",
      questions: [
        { qid: 1, type: "message", text: "Round", next_qid: 2 },
        { qid: 2, type: "message", text: "and round", next_qid: 1 },
      ],
    };
    const refused = await send("/admin/schemas/import?publish=true", JSON.stringify(document));
    expect(refused).toMatchObject({ status: 400, body: { findings: [expect.stringMatching(/\S/)] } });
    const names = (await superuser().get("/admin/schemas")).body.map(({ name }: { name: string }) => name);
    expect(names).not.toContain("endless");
  });

  it("given out of an earlier version is known again when it comes back", async () => {
    const first = await superuser().post("/admin/schemas", {
      ...(documents[0] as object),
      name: "twice",
      version: 1,
    });
    const later = await superuser().post("/admin/schemas", {
      ...(documents[0] as object),
      name: "twice",
      version: 2,
    });
    for (const { body } of [first, later]) {
      const { body: document } = await superuser().get(`/admin/schemas/${body.id}/document`);
      const again = await superuser().post("/admin/schemas/import", document);
      expect(again).toMatchObject({ status: 200, body: { id: body.id, version: body.version } });
    }
  });

  it("with text that cannot be stored is told where", async () => {
    const [one] = documents as { questions: object[] }[];
    const questions = one!.questions.with(2, { ...one!.questions[2], text: "a\0b", comments: "\ud800" });
    const { body } = await send(
      "/admin/schemas/import",
      JSON.stringify({ ...one, name: "unstorable", questions }),
    );
    expect(body).toEqual({
      "questions.2.text": ["Null characters are not allowed."],
      "questions.2.comments": ["Surrogate characters are not allowed: U+D800."],
    });
  });

  it("with a field __proto__ is told that there is none such", async () => {
    const text = JSON.stringify({ ...(documents[0] as object), name: "proto" }).replace(
      "{",
      '{"__proto__": null, ',
    );
    const { body } = await send("/admin/schemas/import", text);
    expect(Object.entries(body)).toEqual([["__proto__", ["is not a known field."]]]);
  });

  it.each(Object.entries(NASTY))("that is %s instead is refused", async (_name, raw) => {
    for (const path of ["/admin/schemas/import", "/admin/schemas"])
      expect((await send(path, raw)).status).toBe(400);
  });

  it("with any one of its values made nasty is imported or refused", async () => {
    // Under a name of its own: one that was published would be refused for that alone.
    const document = { ...(documents[0] as object), name: "nasty" };
    const all = places(document).length;
    for (const raw of [NASTY.NUL!, NASTY["lone surrogate"]!, NASTY["2^31"]!, NASTY["1e400"]!, NASTY.null!])
      for (let place = 1; place < all; place += 7)
        await send("/admin/schemas/import", mutated(document, [{ kind: "put", place, raw, key: "" }]));
  });

  it("that calls for a flood of findings is answered in time", async () => {
    const questions = Array.from({ length: 1_000 }, (_, index) => ({
      qid: index,
      type: "choice",
      next_qid: "\0",
      answers: [{}, 1, null],
    }));
    const before = performance.now();
    const { status } = await send(
      "/admin/schemas/import",
      JSON.stringify({ format: "colloquy.schema/1", name: "flood", type: "survey", questions }),
    );
    expect(status).toBe(400);
    expect(performance.now() - before).toBeLessThan(60_000);
  });
});
