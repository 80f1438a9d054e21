import type { Json } from "@colloquy/engine";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { freshDatabase } from "../../../../../tests/support/database.ts";
import { runs } from "../../../../../tests/support/runs.ts";
import type { Database } from "../../database/database.ts";
import { forQuery, type Hidden, isHidden, toRule, visible } from "./visibility.ts";

// Few values, so that what is named is often there.
const name = fc.constantFrom("a", "b", "__proto__", "length", "0");
const single = fc.constantFrom<Json[]>(null, true, false, 0, 1, -1.5, 1e21, "", "a", "b", "é", '"');
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    single,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("json")), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
const type = fc.constantFrom("message", "note", "a");
const sender = fc.integer({ min: 1, max: 3 });
const message = fc.record({ type, sender_id: fc.option(sender), meta: json });
const named = { sender, meta: json };
const hidden: fc.Arbitrary<Hidden> = fc.oneof(
  type,
  fc.record(
    {
      type: fc.oneof(type, fc.array(type, { maxLength: 2 })),
      ...named,
      unless: fc.record(named, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  ),
);

// As messages are stored: without a meta rather than with null.
const VISIBLE = {
  name: "test_visible",
  text: `select ${visible("$2::jsonb")} as visible from (
      select n, type, sender_id, nullif(meta, 'null') as meta
      from jsonb_to_recordset($1::jsonb) as y(n integer, type text, sender_id bigint, meta jsonb)) x order by n`,
};

test("what is hidden in code is hidden in the database, whatever is said and named", async () => {
  const database = await freshDatabase();
  const met = new Set<string>();
  const lists = fc.array(hidden, { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), lists, async (messages, list) => {
      const rule = toRule(list, "integer");
      const rows = messages.map((row, n) => ({ ...row, n }));
      const found = await database.query<{ visible: boolean }>(VISIBLE, [
        JSON.stringify(rows),
        JSON.stringify(forQuery(rule)),
      ]);
      const inCode = messages.map((row) => !isHidden(row, rule));
      expect(found.map((row) => row.visible)).toEqual(inCode);
      for (const shown of inCode) met.add(`${list.length} ${shown}`);
    }),
    { numRuns: runs(200, 1_000) },
  );
  expect([...met].sort()).toEqual(["0 true", "1 false", "1 true", "2 false", "2 true", "3 false", "3 true"]);
});

describe("a meta", () => {
  let database: Database;
  beforeAll(async () => {
    database = await freshDatabase();
  });

  test.each<[Json, Json, boolean]>([
    [["a", "b"], "a", true],
    [{ a: ["b"] }, { a: "b" }, false],
    [[["a"]], ["a"], false],
    ["a", ["a"], false],
    [[1, 2], [1, 1], true],
    [[1], [], true],
    [[], {}, false],
    [null, null, true],
    [{ a: null }, null, false],
    [null, {}, false],
  ])("%j holds %j: %j, in code and in the database", async (meta, wanted, holds) => {
    const row = { n: 0, type: "message", sender_id: null, meta };
    const rule = toRule([{ meta: wanted }], "integer");
    const [found] = await database.query<{ visible: boolean }>(VISIBLE, [
      JSON.stringify([row]),
      JSON.stringify(forQuery(rule)),
    ]);
    expect([isHidden(row, rule), found!.visible]).toEqual([holds, !holds]);
  });
});

test("a condition that names nothing hides everything, and an `unless` that names nothing excepts nothing", () => {
  const row = { type: "message", sender_id: 1, meta: null };
  expect(isHidden(row, toRule([{}], "integer"))).toBe(true);
  expect(isHidden(row, toRule([{ unless: {} }], "integer"))).toBe(true);
  expect(isHidden(row, toRule([{ unless: { sender: undefined as unknown as number } }], "integer"))).toBe(
    true,
  );
  expect(isHidden(row, toRule([{ unless: { sender: 1 } }], "integer"))).toBe(false);
  expect(isHidden(row, toRule([{ type: [] }], "integer"))).toBe(false);
});

test.each([
  [[{ typ: "note" }]],
  [[{ unless: { type: "note" } }]],
  [[1]],
  [{ type: "note" }],
  [[{ sender: "1" }]],
])("a rule that is none is refused rather than guessed at: %j", (list) => {
  expect(() => toRule(list as unknown as Hidden[], "integer")).toThrow(TypeError);
});
