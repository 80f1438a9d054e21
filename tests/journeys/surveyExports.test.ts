import { Readable } from "node:stream";
import type { Schema } from "@colloquy/engine";
import { Workbook } from "exceljs";
import sql from "sql-template-tag";
import { beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../packages/server/src/database/database.ts";
import {
  FIRST,
  fill,
  type Response as Given,
  SECOND,
  stored,
} from "../../packages/server/src/surveys/export/testing/fill.ts";
import { startServer, type TestServer } from "../support/server.ts";

const [ADMIN, PERSON] = [1, 2];
const NAME = encodeURIComponent(FIRST.name);
const EXPORT = `/admin/surveys/export?name=${NAME}`;

let server: TestServer;
let db: Database;
let [first, second]: Schema[] = [];
let ids: number[];

const RESPONSES: [Given[], Given[]] = [
  [
    {
      user: 2,
      variables: { score: 1 },
      answers: {
        2: { chosen: [0], text: "but tired" },
        3: { chosen: [0, 2], text: "=cmd|' /C calc'!A0" },
        4: { text: " 41 " },
        5: { text: "-72.5" },
        6: { text: "3" },
        7: { text: 'Ünïcode “quotes” "too", 日本語 👩🏽‍⚕️\nsecond line\r\nthird' },
        8: { text: "2026-10-03" },
      },
    },
    {
      user: 3,
      variables: { score: 0 },
      answers: { 2: { chosen: [1] }, 7: { text: "-1+1", inactive: true }, 8: { text: " 11/22/2026 " } },
    },
  ],
  [
    { user: 4, completed: false, answers: { 2: { chosen: [1] }, 3: { chosen: [1] }, 6: { text: "-7" } } },
    { user: 5, completed: false, variables: { pains: 1.5 }, answers: { 10: { text: "2026-11-01T07:30" } } },
    { user: 6, completed: false, answers: { 7: { text: "=1;2\t3, 4" }, 10: { text: "11/01/2026 7:30 pm" } } },
    { user: 7, completed: false, answers: { 10: { text: "2026-11-01 07:30:15,5+0100" } } },
  ],
];

beforeAll(async () => {
  server = await startServer({ types: { schema: ["survey"] } });
  db = server.colloquy.db;
  first = await stored(db, server.colloquy.schemas.load, FIRST);
  second = await stored(db, server.colloquy.schemas.load, SECOND);
  ids = [...(await fill(db, first, RESPONSES[0])), ...(await fill(db, second, RESPONSES[1]))];
});

/** The bytes, as any client gets them. */
async function download(path: string, headers: Record<string, string> = {}, method = "GET") {
  const response = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { "x-user-id": String(ADMIN), ...headers },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const header = (name: string) => response.headers.get(name);
  return { status: response.status, bytes, text: bytes.toString("utf8"), header };
}

const COLUMNS = [
  "id",
  "user",
  "schema_version",
  "completed",
  "created",
  "updated",
  "variables.pains",
  "variables.score",
  "q2",
  "q2 (written)",
  "q3: Head",
  "q3: Knee",
  "q3: Back",
  "q3: Back (2)",
  "q3 (written)",
  "q10",
  "q4",
  "q5",
  "q6",
  "q7",
  "q8",
];

const json = async (query = "") => JSON.parse((await download(`${EXPORT}&format=json${query}`)).text);

describe("what an export holds", () => {
  it("has one row per survey and its columns across the versions by qid, an option each its own", async () => {
    const rows = await json();
    const time = "2026-11-22T16:47:58.413419Z";
    expect(rows.map((row: object) => Object.keys(row).toSorted())).toEqual(
      Array.from({ length: 6 }, () => COLUMNS.toSorted()),
    );
    expect(rows[0]).toEqual({
      id: ids[0],
      user: 2,
      schema_version: 1,
      completed: true,
      created: time,
      updated: time,
      "variables.pains": null,
      "variables.score": 1,
      q2: "Well",
      "q2 (written)": "but tired",
      "q3: Head": 1,
      "q3: Knee": null,
      "q3: Back": 0,
      "q3: Back (2)": 1,
      "q3 (written)": "=cmd|' /C calc'!A0",
      q4: 41,
      q5: -72.5,
      q6: 3,
      q7: RESPONSES[0][0]!.answers![7]!.text,
      q8: "2026-10-03",
      q10: null,
    });
    expect(rows[1]).toMatchObject({
      q2: "=1+1",
      "q2 (written)": null,
      "q3: Head": null,
      q7: null,
      q8: "2026-11-22",
    });
    expect(rows[2]).toMatchObject({
      schema_version: 2,
      completed: false,
      q2: "So so",
      "q3: Head": 0,
      "q3: Knee": 1,
      "q3: Back": null,
      q6: -7,
    });
    expect(rows[3]).toMatchObject({ "variables.pains": 1.5, q10: "2026-11-01T07:30" });
    expect(rows[4].q10).toBe("2026-11-01T19:30");
    expect(rows[5].q10).toBe("2026-11-01T07:30:15.5+01:00");
  });

  it("leaves off-path answers out unless asked for", async () => {
    expect((await json())[1].q7).toBe(null);
    expect((await json("&inactive=true"))[1].q7).toBe("-1+1");
  });

  it("takes one version by its id, only completed surveys or the others, and only newer ones", async () => {
    const of = async (path: string) =>
      JSON.parse((await download(path)).text).map((row: { id: number }) => row.id);
    expect(await of(`/admin/surveys/export?id=${second!.id}&format=json`)).toEqual(ids.slice(2));
    expect(await of(`${EXPORT}&format=json&completed=true`)).toEqual(ids.slice(0, 2));
    expect(await of(`${EXPORT}&format=json&completed=false`)).toEqual(ids.slice(2));
    expect(await of(`${EXPORT}&format=json&after=${ids[1]}`)).toEqual(ids.slice(2));
    expect(await of(`${EXPORT}&format=json&after=${ids.at(-1)}`)).toEqual([]);
  });

  it("guards spreadsheets against formulas in CSV, and leaves numbers alone", async () => {
    const { text, header } = await download(`${EXPORT}&inactive=true`);
    expect(header("content-type")).toBe("text/csv; charset=utf-8");
    expect(header("content-disposition")).toBe(
      `attachment; filename="____ & Co-responses.csv"; filename*=UTF-8''${NAME}-responses.csv`,
    );
    const lines = text.split("\n");
    expect(lines[0]).toBe(COLUMNS.join(","));
    expect(lines[1]).toContain(",Well,but tired,1,,0,1,'=cmd|' /C calc'!A0,,41,-72.5,3,");
    expect(text).toContain('"Ünïcode “quotes” ""too"", 日本語 👩🏽‍⚕️\nsecond line\r\nthird",2026-10-03\n');
    expect(text).toContain(",'=1+1,");
    expect(text).toContain(",'-1+1,2026-11-22\n");
    expect(text).toMatch(/,-7,,\n/);
  });

  it.each([",", ";", "tab", "%09"])(
    "is CSV for the spreadsheet programs of another country: %s",
    async (name) => {
      const delimiter = name.length === 1 ? name : "\t";
      const plain = await download(`${EXPORT}&inactive=true`);
      for (const bom of [false, true]) {
        const { bytes, header, text } = await download(
          `${EXPORT}&inactive=true&separator=${name}&bom=${bom}`,
        );
        expect(text.startsWith("\ufeff")).toBe(bom);
        expect(header("etag") === plain.header("etag")).toBe(name === "," && !bom);
        const sheet = await new Workbook().csv.read(Readable.from([bytes]), {
          parserOptions: { delimiter },
          map: (value) => value,
        });
        const rows = await json("&inactive=true");
        expect(sheet.getRow(1).values).toEqual([undefined, ...COLUMNS]);
        const guarded = (value: unknown) =>
          typeof value === "string" && /^[=+@-]/.test(value) ? `'${value}` : String(value ?? "");
        for (const [index, row] of rows.entries())
          for (const [column, name] of COLUMNS.entries())
            expect([name, String(sheet.getCell(index + 2, column + 1).value ?? "")]).toEqual([
              name,
              guarded(row[name]),
            ]);
      }
    },
  );

  it("is a workbook that a spreadsheet program reads, with numbers as numbers and texts as they were", async () => {
    const { bytes, header } = await download(`${EXPORT}&format=xlsx`);
    expect(header("content-type")).toContain("spreadsheetml.sheet");
    const workbook = new Workbook();
    await workbook.xlsx.load(bytes.buffer as ArrayBuffer);
    const sheet = workbook.worksheets[0]!;
    const rows = await json();
    expect(sheet.rowCount).toBe(7);
    expect(sheet.getRow(1).values).toEqual([undefined, ...COLUMNS]);
    // A cell knows no time zone: with an offset it is the time in UTC, without one the time that was given.
    const inCell = (name: string, value: unknown) =>
      value !== null && ["created", "updated", "q8", "q10"].includes(name)
        ? new Date(/T[^+Z]*$/.test(String(value)) ? `${value}Z` : String(value))
        : value;
    // A reader of XML takes every line break for \n but those that are escaped.
    for (const [index, row] of rows.entries())
      for (const [column, name] of COLUMNS.entries())
        expect([name, sheet.getCell(index + 2, column + 1).value]).toEqual([name, inCell(name, row[name])]);
    expect(sheet.getCell(2, COLUMNS.indexOf("q8") + 1).numFmt).toBe("yyyy-mm-dd");
    expect(sheet.getCell(2, COLUMNS.indexOf("created") + 1).numFmt).toBe("yyyy-mm-dd hh:mm:ss");
    expect(sheet.getColumn(COLUMNS.indexOf("created") + 1).width).toBeGreaterThan(
      "2026-11-22 16:47:58".length,
    );
  });

  it("comes with a codebook: types, texts, options, the versions that have them and their columns", async () => {
    const { text, header } = await download(`${EXPORT}&format=codebook`);
    expect(header("content-disposition")).toContain("-codebook.json");
    const { columns, questions, variables, versions } = JSON.parse(text);
    expect(columns).toEqual(COLUMNS);
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([1, 2]);
    expect(variables).toEqual([
      { name: "pains", column: "variables.pains", versions: [2] },
      { name: "score", column: "variables.score", versions: [1] },
    ]);
    const of = (qid: number) => questions.find((question: { qid: number }) => question.qid === qid);
    expect(questions.map(({ qid }: { qid: number }) => qid)).toEqual([2, 3, 10, 4, 5, 6, 7, 8]);
    expect(of(3)).toMatchObject({
      type: "multichoice",
      options: [
        { value: "Head", text: "Head", versions: [1, 2], column: "q3: Head", earlier: [] },
        { value: "Knee", text: "Knee", versions: [2], column: "q3: Knee" },
        { value: "Back", text: "Back", versions: [1], column: "q3: Back" },
        { value: "Back (2)", text: "Back", versions: [1], column: "q3: Back (2)" },
      ],
      columns: ["q3: Head", "q3: Knee", "q3: Back", "q3: Back (2)", "q3 (written)"],
      earlier: [{ version: 1, required: false, choice_open: true }],
    });
    expect(of(2)).toMatchObject({
      text: "How are you today?",
      group: null,
      versions: [1, 2],
      earlier: [{ version: 1, text: "How are you?", group: "about_you", required: true }],
    });
    expect(of(6)).toMatchObject({ type: "int", earlier: [{ type: "range", range_from: 0, range_to: 10 }] });
  });
});

describe("a download that broke off", () => {
  const FORMATS = ["csv", "json", "xlsx", "codebook"];

  it.each(FORMATS)("goes on at any byte and ends up with the same bytes: %s", async (format) => {
    const path = `${EXPORT}&format=${format}`;
    const { bytes, header } = await download(path);
    const [etag, total] = [header("etag")!, bytes.length];
    expect(header("accept-ranges")).toBe("bytes");
    for (const start of [0, 1, 57, Math.floor(total / 2), total - 1]) {
      for (const headers of [undefined, { "if-range": etag }]) {
        const rest = await download(path, { range: `bytes=${start}-`, ...headers });
        expect(rest.status).toBe(206);
        expect(rest.header("content-range")).toBe(`bytes ${start}-${total - 1}/${total}`);
        expect(rest.header("content-length")).toBe(String(total - start));
        expect(rest.header("etag")).toBe(etag);
        expect(rest.bytes.equals(bytes.subarray(start))).toBe(true);
      }
    }
    const middle = await download(path, { range: "bytes=10-19" });
    expect(middle.header("content-range")).toBe(`bytes 10-19/${total}`);
    expect(middle.bytes.equals(bytes.subarray(10, 20))).toBe(true);
  });

  it("goes on in the form that it was in, and in no other", async () => {
    const form = `${EXPORT}&separator=;&bom=true`;
    const { bytes, header } = await download(form);
    const resume = { range: "bytes=2-", "if-range": header("etag")! };
    const rest = await download(form, resume);
    expect([rest.status, rest.bytes.equals(bytes.subarray(2))]).toEqual([206, true]);
    for (const other of [
      EXPORT,
      `${EXPORT}&separator=;`,
      `${EXPORT}&bom=true`,
      `${EXPORT}&separator=tab&bom=true`,
    ])
      expect([other, (await download(other, resume)).status]).toEqual([other, 200]);
  });

  it("is refused where nothing is left, and whole where no single range from a byte on is asked for", async () => {
    const { bytes, header } = await download(EXPORT);
    const beyond = await download(EXPORT, { range: `bytes=${bytes.length}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.header("content-range")).toBe(`bytes */${bytes.length}`);
    for (const range of ["bytes=-5", "bytes=0-1,5-6", "lines=1-", "bytes=5-2"])
      expect((await download(EXPORT, { range })).status).toBe(200);
    const head = await download(EXPORT, { range: "bytes=5-" }, "HEAD");
    expect(head.status).toBe(200);
    expect(head.header("content-length")).toBe(String(bytes.length));
    expect((await download(EXPORT, { "if-none-match": header("etag")! })).status).toBe(304);
  });

  it("goes on although surveys came since, and starts anew once one of its own has changed", async () => {
    const other = await startServer();
    const schema = await stored(other.colloquy.db, other.colloquy.schemas.load, {
      ...FIRST,
      name: "growing",
    });
    const given = Array.from(
      { length: 20 },
      (_, index): Given => ({ answers: { 7: { text: `Answer ${index}` } } }),
    );
    await fill(other.colloquy.db, schema, given);
    const get = async (headers: Record<string, string> = {}) => {
      const response = await fetch(`${other.url}/api/admin/surveys/export?name=growing`, {
        headers: { "x-user-id": "1", ...headers },
      });
      return { response, text: await response.text() };
    };
    const before = await get();
    const resume = { range: "bytes=300-", "if-range": before.response.headers.get("etag")! };

    const [newer] = await fill(other.colloquy.db, schema, given.slice(0, 1));
    const resumed = await get(resume);
    expect(resumed.response.status).toBe(206);
    expect(before.text.slice(0, 300) + resumed.text).toBe(before.text);

    await other.colloquy.db.query(sql`update survey set revision = revision + 1 where id = ${newer! - 1}`);
    const anew = await get(resume);
    expect(anew.response.status).toBe(200);
    expect(anew.text.split("\n")).toHaveLength(1 + 21 + 1);
    expect((await get({ range: "bytes=300-", "if-range": '"something else"' })).response.status).toBe(200);
  });
});

describe("who asks for what", () => {
  const AGGREGATE = `/admin/surveys/aggregate?name=${NAME}`;

  it.each([EXPORT, AGGREGATE])("is for superusers: %s", async (path) => {
    expect((await server.as(null).get(path)).status).toBe(401);
    expect((await server.as(PERSON).get(path)).status).toBe(403);
    expect((await server.as(ADMIN).get(path)).status).toBe(200);
    expect((await server.as(ADMIN).post(path, {})).status).toBe(405);
  });

  it("says that a schema is unknown, and everything that is wrong with the parameters", async () => {
    const ask = (path: string) => server.as(ADMIN).get(path);
    for (const endpoint of ["export", "aggregate"]) {
      for (const key of ["name=nothing", `name=${first!.id}`, "id=999999", "id=99999999999999999999"])
        expect((await ask(`/admin/surveys/${endpoint}?${key}`)).status).toBe(404);
      const either = ["Give either id or name."];
      for (const [query, body] of [
        ["", { non_field_errors: either }],
        [`id=${first!.id}&name=${NAME}`, { non_field_errors: either }],
        [`schema=${NAME}`, { schema: either }],
        [`schema=${NAME}&name=${NAME}`, { schema: either }],
        ["name=", { name: ["This field may not be blank."] }],
        ["id=", { id: ["A valid integer is required."] }],
        [`id=${NAME}`, { id: ["A valid integer is required."] }],
      ] as const)
        expect([query, await ask(`/admin/surveys/${endpoint}?${query}`)]).toMatchObject([
          query,
          { status: 400, body },
        ]);
    }
    const wrong = await ask(
      "/admin/surveys/export?format=pdf&inactive=perhaps&completed=2&after=-1&separator=x&bom=2",
    );
    expect(wrong.status).toBe(400);
    expect(wrong.body).toEqual({
      non_field_errors: ["Give either id or name."],
      separator: ["Only for CSV."],
      bom: ["Only for CSV."],
      format: ['"pdf" is not a valid choice.'],
      inactive: ["Must be a valid boolean."],
      completed: ["Must be a valid boolean."],
      after: ["A valid integer is required."],
    });
  });
});
