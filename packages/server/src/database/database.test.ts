import { setTimeout as sleep } from "node:timers/promises";
import sql, { empty, join, raw } from "sql-template-tag";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { databaseKind, freshDatabase } from "../../../../tests/support/database.ts";
import { type Database, DatabaseUnavailable, type Queryable } from "./database.ts";

// Each of these runs on PGlite and on PostgreSQL: see vitest.config.ts.

let database: Database;
const sent: string[] = [];

beforeAll(async () => {
  database = await freshDatabase({ poolSize: 4, onStatement: (name) => sent.push(name) });
});

beforeEach(async () => {
  await database.query(
    raw(`drop table if exists note cascade;
      create table note (id bigint generated always as identity primary key, text text unique)`),
  );
  sent.length = 0;
});

const insert = { name: "test.insert", text: "insert into note (text) values ($1) returning id" };
const texts = { name: "test.texts", text: "select text from note order by id" };
const allTexts = async (on: Queryable) => (await on.query<{ text: string }>(texts)).map(({ text }) => text);
const value = async (expression: string) => {
  const [row] = await database.query<{ value: unknown }>(raw(`select ${expression} as value`));
  return row?.value;
};
const echo = async (type: string, parameter: unknown) => {
  const [row] = await database.query<{ value: unknown }>(sql`select ${parameter}::${raw(type)} as value`);
  return row?.value;
};

describe("rows", () => {
  test.each([
    ["42::int8", 42],
    ["9007199254740991::int8", Number.MAX_SAFE_INTEGER],
    ["7::int2", 7],
    ["7::int4", 7],
    ["0.1::float8", 0.1],
    ["0.5::float4", 0.5],
    ["12.50::numeric", 12.5],
    ["true", true],
    ["null::text", null],
    ["'a b'::text", "a b"],
    [`'{"a": [1, null]}'::jsonb`, { a: [1, null] }],
    ["'[1]'::json", [1]],
    ["'null'::jsonb", null],
    ["'{1,2}'::int8[]", [1, 2]],
    ["'{}'::text[]", []],
    [`array['a', null, 'NULL', '', 'x"y\\z', '{,}', 'ł']`, ["a", null, "NULL", "", 'x"y\\z', "{,}", "ł"]],
    [
      "array[array[1, 2], array[3, 4]]",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["'{t,f}'::bool[]", [true, false]],
    [`array['{"a": 1}'::jsonb]`, [{ a: 1 }]],
    ["'{[1,5),[7,9)}'::int8multirange", "{[1,5),[7,9)}"],
    ["'2026-03-01'::date", "2026-03-01"],
    ["'11111111-2222-3333-4444-555555555555'::uuid", "11111111-2222-3333-4444-555555555555"],
  ])("%s is %j", async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  test.each([
    ["2026-11-22 16:47:58.413419+00", "2026-11-22T16:47:58.413419Z"],
    ["2026-11-22 16:47:58.4+00", "2026-11-22T16:47:58.400000Z"],
    ["2026-11-22 16:47:58+00", "2026-11-22T16:47:58Z"],
    ["2026-11-22 16:47:58.000001+05:45", "2026-11-22T11:02:58.000001Z"],
    ["infinity", "infinity"],
  ])("the time %s is %s", async (written, expected) => {
    expect(await value(`timestamptz '${written}'`)).toBe(expected);
    expect(await value(`array[timestamptz '${written}']`)).toEqual([expected]);
  });

  test("an int8 beyond the safe integers is an error, and the connection goes on", async () => {
    await expect(value("9007199254740992::int8")).rejects.toThrow(RangeError);
    await expect(value("array[-9007199254740992]")).rejects.toThrow("-9007199254740992");
    expect(await value("1")).toBe(1);
  });

  test("a statement without rows gives none", async () => {
    expect(await database.query(sql`delete from note where text = ${"nothing"}`)).toEqual([]);
    expect(await database.query(texts)).toEqual([]);
  });

  test("several statements in one Sql without values give the rows of the last", async () => {
    const rows = await database.query(
      raw("insert into note (text) values ('a'), ('b'); select 1 as x; select text from note"),
    );
    expect(rows).toEqual([{ text: "a" }, { text: "b" }]);
  });
});

describe("parameters", () => {
  test.each([
    ["int8", 12],
    ["int4", -1],
    ["float8", 0.25],
    ["numeric", 1e21],
    ["bool", false],
    ["text", `"quoted" \\ 'ł' 👍`],
    ["text", ""],
    ["text", null],
    ["text[]", ["a", null, "NULL", "", 'x"y\\z', "{,}", "👍"]],
    ["int8[]", [1, 2, 3]],
    ["int8[]", []],
    ["int4[]", [[1], [2]]],
    ["bool[]", [true, false]],
    ["timestamptz", "2026-11-22T16:47:58.413419Z"],
  ])("a %s comes back as it was: %j", async (type, parameter) => {
    expect(await echo(type, parameter)).toEqual(parameter);
  });

  test("JSON goes in as text, also when it is a string or a number", async () => {
    for (const json of [{ a: ["ł"] }, [1, 2], "text", 3, null]) {
      expect(await echo("jsonb", JSON.stringify(json))).toEqual(json);
    }
  });

  test("a number may go into a text column", async () => {
    await database.query(insert, [5]);
    expect(await allTexts(database)).toEqual(["5"]);
  });

  test("a list is asked for with any", async () => {
    await database.query(
      { name: "test.insertAll", text: "insert into note (text) select unnest($1::text[])" },
      [["a", "b", "c"]],
    );
    const some = {
      name: "test.some",
      text: "select text from note where id = any($1) or text = any($2) order by id",
    };
    expect(await database.query(some, [[1, 99], ["c"]])).toEqual([{ text: "a" }, { text: "c" }]);
  });

  test.each([{ a: 1 }, undefined, new Date(0), [{ a: 1 }], () => 1])(
    "%j is refused before it is sent",
    async (parameter) => {
      await expect(database.query(insert, [parameter])).rejects.toThrow(
        /^Parameter \$1 is (object|undefined|function)/,
      );
      await expect(database.query(sql`select ${1}::int, ${parameter}::text`)).rejects.toThrow("Parameter $2");
      expect(sent).toEqual([]);
    },
  );

  test("a dynamic statement carries its values in itself", async () => {
    for (const text of ["a", "b", "c"]) await database.query(insert, [text]);
    const filter = sql`and text <> ${"b"}`;
    const query = (extra: typeof filter) =>
      sql`select text from note where id in (${join([1, 2, 3])}) ${extra} order by id desc limit ${5}`;
    expect(await database.query(query(filter))).toEqual([{ text: "c" }, { text: "a" }]);
    expect(await database.query(query(empty))).toHaveLength(3);
  });
});

describe("errors", () => {
  test("a violated constraint says its code and its name", async () => {
    await database.query(insert, ["a"]);
    await expect(database.query(insert, ["a"])).rejects.toMatchObject({
      code: "23505",
      constraint: "note_text_key",
    });
    await expect(database.query(sql`insert into note (text) values (${"a"})`)).rejects.toMatchObject({
      code: "23505",
    });
    expect(await allTexts(database)).toEqual(["a"]);
  });

  test("wrong SQL is refused, named or not, and the connection goes on", async () => {
    const wrong = { name: "test.wrong", text: "select * from missing where id = $1" };
    await expect(database.query(wrong, [1])).rejects.toMatchObject({ code: "42P01" });
    await expect(database.query(wrong, [1])).rejects.toMatchObject({ code: "42P01" });
    await expect(database.query(sql`select * from missing where id = ${1}`)).rejects.toMatchObject({
      code: "42P01",
    });
    await expect(database.query(raw("select 1; select * from missing"))).rejects.toMatchObject({
      code: "42P01",
    });
    await expect(database.query(insert, [])).rejects.toMatchObject({ code: "08P01" });
    expect(await value("1")).toBe(1);
  });

  test("the stack of an error says who asked", async () => {
    async function whoAsked() {
      await database.query({ name: "test.divide", text: "select 1 / $1::int" }, [0]);
    }
    const error = await whoAsked().catch((error) => error);
    expect(error.code).toBe("22012");
    expect(error.stack).toContain("whoAsked");
  });

  test("two statements of one name are a mistake", async () => {
    await database.transaction(async (tx) => {
      await tx.query(texts);
      await expect(tx.query({ name: texts.name, text: "select 1" })).rejects.toThrow(texts.name);
    });
  });

  test("a statement whose columns have changed fails once and is then prepared anew", async () => {
    const single = await freshDatabase({ poolSize: 1 });
    const star = { name: "test.star", text: "select * from star" };
    await single.query(raw("create table star (a int); insert into star values (1)"));
    await single.query(star);
    await single.query(raw("alter table star add b int"));
    await expect(single.query(star)).rejects.toMatchObject({ code: "0A000" });
    expect(await single.query(star)).toEqual([{ a: 1, b: null }]);
  });
});

describe("a session", () => {
  test.each([
    ["search_path", "colloquy"],
    ["TimeZone", "UTC"],
    ["application_name", "colloquy"],
    ["statement_timeout", "30s"],
  ])("has %s %s", async (name, expected) => {
    expect(await value(`current_setting('${name}')`)).toBe(expected);
  });

  test("can have another schema", async () => {
    const other = await freshDatabase({ schema: "other_one" });
    await other.query(raw("create schema other_one; create table here (id int)"));
    expect(await other.query(raw("select schemaname from pg_tables where tablename = 'here'"))).toEqual([
      { schemaname: "other_one" },
    ]);
  });

  test("refuses a schema's name that would need quotes", async () => {
    await expect(freshDatabase({ schema: "a; drop" })).rejects.toThrow(
      '"a; drop" cannot be a schema\'s name',
    );
  });
});

describe("a transaction", () => {
  test("commits what it did and gives what work returned", async () => {
    const result = await database.transaction(async (tx) => {
      await tx.query(insert, ["a"]);
      await tx.query(insert, ["b"]);
      return allTexts(tx);
    });
    expect(result).toEqual(["a", "b"]);
    expect(await allTexts(database)).toEqual(["a", "b"]);
  });

  test("rolls back when work throws, with that error", async () => {
    const work = async (tx: Queryable) => {
      await tx.query(insert, ["a"]);
      throw new Error("changed my mind");
    };
    await expect(database.transaction(work)).rejects.toThrow("changed my mind");
    await expect(
      database.transaction(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(await allTexts(database)).toEqual([]);
  });

  test("rolls back when a statement fails, with its error", async () => {
    const work = async (tx: Queryable) => {
      await tx.query(insert, ["a"]);
      await tx.query(insert, ["a"]);
    };
    await expect(database.transaction(work)).rejects.toMatchObject({ code: "23505" });
    expect(await allTexts(database)).toEqual([]);
    await database.transaction((tx) => tx.query(insert, ["a"]));
    expect(await allTexts(database)).toEqual(["a"]);
  });

  test("fails when the error of a statement was caught inside, as nothing was saved", async () => {
    const work = async (tx: Queryable) => {
      await tx.query(insert, ["a"]);
      await tx.query(insert, ["a"]).catch(() => {});
      return "fine";
    };
    await expect(database.transaction(work)).rejects.toThrow("Rolled back");
    expect(await allTexts(database)).toEqual([]);
  });

  test("fails when the commit finds a deferred constraint violated", async () => {
    await database.query(
      raw("create table child (note_id bigint references note deferrable initially deferred)"),
    );
    const work = (tx: Queryable) => tx.query(sql`insert into child values (${99})`);
    await expect(database.transaction(work)).rejects.toMatchObject({
      code: "23503",
      constraint: "child_note_id_fkey",
    });
    expect(await database.query(raw("select * from child"))).toEqual([]);
  });

  test("answers statements that were sent together in their order", async () => {
    const all = await database.transaction((tx) =>
      Promise.all(["a", "b", "c"].map((text) => tx.query(insert, [text]))),
    );
    expect(all).toEqual([[{ id: 1 }], [{ id: 2 }], [{ id: 3 }]]);
  });

  test("is not seen from outside before it commits, and never in part", async () => {
    const looked = Promise.withResolvers<void>();
    const inside = database.transaction(async (tx) => {
      await tx.query(insert, ["a"]);
      // Where there is one connection, nobody can look before this has ended.
      await (databaseKind === "postgres" ? looked.promise : sleep(50));
      await tx.query(insert, ["b"]);
    });
    const seen: number[] = [];
    const watching = (async () => {
      for (let look = 0; look < 10; look++) {
        seen.push((await allTexts(database)).length);
        if (look === 3) looked.resolve();
        await sleep(10);
      }
    })();
    await Promise.all([inside, watching]);
    expect(new Set([...seen, 2])).toEqual(new Set(databaseKind === "postgres" ? [0, 2] : [2]));
  });

  test("takes turns with others: no increment is lost", async () => {
    await database.query(raw("create table counter (n int); insert into counter values (0)"));
    const increment = () =>
      database.transaction(async (tx) => {
        const [row] = await tx.query<{ n: number }>({
          name: "test.lock",
          text: "select n from counter for update",
        });
        await sleep(1);
        await tx.query({ name: "test.set", text: "update counter set n = $1" }, [(row?.n ?? Number.NaN) + 1]);
      });
    await Promise.all(Array.from({ length: 25 }, increment));
    expect(await database.query(raw("select n from counter"))).toEqual([{ n: 25 }]);
  });

  test("refuses to be passed by: the database itself must not be asked inside", async () => {
    await database.transaction(async (tx) => {
      await expect(database.query(texts)).rejects.toThrow(
        "A transaction is open: use its tx instead of the database",
      );
      await expect(database.transaction(async () => {})).rejects.toThrow(
        "A transaction is open: use its tx instead of the database",
      );
      await Promise.all([tx.query(insert, ["a"]), expect(allTexts(database)).rejects.toThrow("use its tx")]);
    });
    expect(await allTexts(database)).toEqual(["a"]);
  });

  test("lets code that it started use the database afterwards, and other databases inside", async () => {
    const other = await freshDatabase();
    let later: Promise<string[]> | undefined;
    await database.transaction(async (tx) => {
      later = sleep(50).then(() => allTexts(database));
      await other.query(raw("select 1"));
      await tx.query(insert, ["a"]);
    });
    expect(await later).toEqual(["a"]);
  });

  test("ends with its tx", async () => {
    const kept = await database.transaction(async (tx) => tx);
    await expect(kept.query(texts)).rejects.toThrow("This transaction has ended");
  });
});

describe("onStatement", () => {
  test("is told of every statement", async () => {
    await database.query(texts);
    await database.query(sql`select ${1}::int`);
    await database.transaction((tx) => tx.query(insert, ["a"]));
    await database.transaction(() => Promise.reject(new Error())).catch(() => {});
    expect(sent).toEqual(["test.texts", "unnamed", "begin", "test.insert", "commit", "begin", "rollback"]);
  });
});

test("no more may wait for a connection than memory should hold, and the others are served", async () => {
  const busy = await freshDatabase({ poolSize: 1 });
  const one = { name: "test.one", text: "select 1 as one" };
  const release = Promise.withResolvers<void>();
  const held = busy.transaction(() => release.promise);
  const asked = Array.from({ length: 5_100 }, () => busy.query(one).catch((error) => error));
  expect(await asked.at(-1)).toBeInstanceOf(DatabaseUnavailable);
  release.resolve();
  await held;
  const refused = (await Promise.all(asked)).filter((answer) => answer instanceof DatabaseUnavailable);
  expect(refused).toHaveLength(101);
});

describe("close", () => {
  test("lets finish what is under way and refuses what comes later", async () => {
    const closing = await freshDatabase({ poolSize: 2 });
    const one = { name: "test.one", text: "select 1 as one" };
    const transaction = closing.transaction(async (tx) => {
      await sleep(50);
      await tx.query(one);
      return "finished";
    });
    // More than there are connections: some still wait for one.
    const queries = Array.from({ length: 20 }, () => closing.query(one));
    const closed = closing.close();
    await expect(closing.query(one)).rejects.toThrow("The database is closed");
    await expect(closing.transaction(async () => {})).rejects.toThrow("The database is closed");
    expect(await transaction).toBe("finished");
    expect(await Promise.all(queries)).toHaveLength(20);
    await closed;
    await closing.close();
  });
});
