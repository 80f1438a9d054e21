import { Readable } from "node:stream";
import sql from "sql-template-tag";
import { beforeAll, expect, it } from "vitest";
import { freshDatabase } from "../../../../../tests/support/database.ts";
import { createColloquy } from "../../createColloquy.ts";
import type { Database } from "../../database/database.ts";
import { openExport, type Wanted } from "./open.ts";
import { part } from "./parts.ts";
import { FIRST, SECOND, stored } from "./testing/fill.ts";

const PAGES = 8;
const ROWS = PAGES * 250;
const WANTED: Wanted = {
  schema: { name: FIRST.name },
  format: "csv",
  inactive: false,
  completed: null,
  after: 0,
};

let db: Database;
const statements: string[] = [];

/** A page is a megabyte that does not compress well: no buffer on the way holds many. */
beforeAll(async () => {
  db = await freshDatabase({ onStatement: (name) => statements.push(name) });
  const colloquy = await createColloquy({}, { database: db });
  const schema = await stored(db, colloquy.schemas.load, FIRST);
  const question = schema.questions.find(({ qid }) => qid === 7)!.id;
  await db.query(
    sql`insert into survey (schema_id, user_id) select ${schema.id}, n from generate_series(1, ${ROWS}::int) n`,
  );
  await db.query(sql`insert into survey_item (survey_id, question_id, text, written, active)
    select id, ${question}, noise, noise, true from survey, lateral (
      select string_agg(md5(id || '.' || n), '') as noise from generate_series(1, 128) n) x`);
  return () => colloquy.close();
});

const asked = () => statements.filter((name) => name === "survey_export_page").length;

/** Until nothing more has been asked of the database while it answered much else. */
async function settled(): Promise<void> {
  for (let quiet = 0, last = asked(); quiet < 50; quiet++) {
    await db.query({ name: "something_else", text: "select 1" });
    if (asked() !== last) [quiet, last] = [0, asked()];
  }
}

it.each(["csv", "json", "xlsx"] as const)(
  "asks for surveys only as fast as its reader takes them, and in no transaction: %s",
  async (format) => {
    const opened = (await openExport(db, { ...WANTED, format }))!;
    statements.length = 0;
    const stream = Readable.from(opened.chunks(), { objectMode: false });
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await settled();
    expect(asked()).toBeLessThanOrEqual(PAGES / 2);

    let bytes = 0;
    for await (const chunk of { [Symbol.asyncIterator]: () => reader }) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(PAGES * 500_000);
    expect(asked()).toBe(PAGES + 1);
    expect(statements).not.toContain("begin");
  },
);

it("has every survey once, by id, where those of several versions take turns", async () => {
  const colloquy = await createColloquy({}, { database: db });
  const versions: number[] = [];
  for (const document of [FIRST, SECOND, FIRST])
    versions.push((await stored(db, colloquy.schemas.load, { ...document, name: "in turns" })).id);
  await db.query(sql`insert into survey (schema_id, user_id)
    select (${versions}::bigint[])[1 + n * n % 3], n from generate_series(1, 1000) n`);
  const opened = (await openExport(db, { ...WANTED, schema: { name: "in turns" } }))!;
  const rows: unknown[][] = [];
  for await (const page of opened.pages()) rows.push(...page);
  expect(rows).toHaveLength(opened.count);
  // The third column is the version; 2 is no square's remainder.
  expect(rows.map(([, user, version]) => [user, version])).toEqual(
    Array.from({ length: 1000 }, (_, index) => [index + 1, (index + 1) % 3 === 0 ? 1 : 2]),
  );
  expect(rows.map(([id]) => id)).toEqual(
    rows.map(([id]) => Number(id)).toSorted((one, other) => one - other),
  );
  await colloquy.close();
});

it("stops asking when its reader has left", async () => {
  const opened = (await openExport(db, { ...WANTED, format: "xlsx" }))!;
  statements.length = 0;
  const stream = Readable.from(opened.chunks(), { objectMode: false });
  await stream[Symbol.asyncIterator]().next();
  stream.destroy();
  await settled();
  expect(asked()).toBeLessThanOrEqual(PAGES / 2);
});

it("gives less than was promised, not what never was, where an answer changes under a resumed download", async () => {
  const opened = (await openExport(db, WANTED))!;
  let length = 0;
  for await (const chunk of opened.chunks()) length += chunk.length;
  let got = 0;
  const read = async () => {
    for await (const chunk of part(opened.chunks(), { start: 5, end: length - 1 }, opened.isUnchanged)) {
      if (got === 0) await db.query(sql`update survey set revision = revision + 1 where id = 9`);
      got += chunk.length;
    }
  };
  await expect(read()).rejects.toThrow("changed");
  expect(got).toBeLessThan(length - 5);
});
