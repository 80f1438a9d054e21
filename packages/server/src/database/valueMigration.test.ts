import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { raw } from "sql-template-tag";
import { beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";

const schema = "fixture";
let database: Database;

const OPTIONS = ["Head", "Back", "Back (2)", "Back", "Back"];
const TYPED: [type: string, text: string, value: unknown][] = [
  ["int", " +41 ", 41],
  ["int", "-0", 0],
  ["float", "1e-3", 0.001],
  ["float", ".5", 0.5],
  ["float", "1e-400", null],
  ["range", "7.", 7],
  ["date", " 2026-10-03 ", "2026-10-03"],
  ["date", "11/22/2026", "2026-11-22"],
  ["date", "22.11.2026", null],
  ["time", "07:30:15,5+0100", "07:30:15.5+01:00"],
  ["time", "12:05 am", "00:05"],
  ["time", "7:05 P.M.", "19:05"],
  ["datetime", "2026-11-01 07:30z", "2026-11-01T07:30Z"],
  ["datetime", "2026-11-01T07:30-05", "2026-11-01T07:30-05:00"],
  ["datetime", "11/22/2026 12:05 PM", "2026-11-22T12:05"],
  ["datetime", "22.11.2026 12:05 PM", null],
  ["text", "2026-10-03", null],
];

/** A database as it was before options and answers had values, with some in it, brought up to date. */
beforeAll(async () => {
  const own = fileURLToPath(new URL("./migrations/", import.meta.url));
  const before = await mkdtemp(join(tmpdir(), "colloquy-before-"));
  await cp(own, before, { recursive: true, filter: (path) => !/0(0[7-9]|[1-9]\d)_\w+\.sql$/.test(path) });
  database = await freshDatabase({ schema });
  await migrate(database, { schema, migrations: before });
  await rm(before, { recursive: true });
  await database.query(raw("insert into schema (name, type, version) values ('old', 'survey', 1)"));
  await database.query(
    {
      name: "questions",
      text: `insert into question (schema_id, qid, position, type, text, required, choice_open, show_as_type, comments,
        variable_modifications, forking_rules)
      select s.id, n, n, t.type, '', false, false, '', '', '[]', '[]'
      from schema s, unnest($1::text[]) with ordinality t(type, n)`,
    },
    [[...TYPED.map(([type]) => type), "multichoice"]],
  );
  await database.query(
    {
      name: "options",
      text: `insert into answer (question_id, position, text, exclusive, comments, variable_modifications)
      select q.id, n, o.text, false, '', '[]' from question q, unnest($1::text[]) with ordinality o(text, n)
      where q.type = 'multichoice'`,
    },
    [OPTIONS],
  );
  await database.query(raw("insert into survey (schema_id, user_id) select id, 7 from schema"));
  await database.query(
    {
      name: "items",
      text: `insert into survey_item (survey_id, question_id, text, written, active)
      select v.id, q.id, t.text, t.text, true
      from survey v, unnest($1::text[]) with ordinality t(text, n) join question q on q.qid = n`,
    },
    [TYPED.map(([, text]) => text)],
  );
  expect((await migrate(database, { schema })).applied).toContain("007_value");
});

test("gives every option its text as value, and those of the same text different ones", async () => {
  const rows = await database.query<{ value: unknown }>(raw("select value from answer order by position"));
  expect(rows.map(({ value }) => value)).toEqual(["Head", "Back", "Back (2)", "Back (3)", "Back (4)"]);
});

test("gives answers the value of what was typed, where it is in the notations that are set by default", async () => {
  const rows = await database.query<{ value: unknown }>(
    raw("select value from survey_item i join question q on q.id = i.question_id order by q.qid"),
  );
  expect(TYPED.map(([type, text], index) => [type, text, rows[index]!.value])).toEqual(TYPED);
});
