import { Workbook } from "exceljs";
import { expect, it } from "vitest";
import type { Cell } from "./rows.ts";
import { xlsx } from "./xlsx.ts";

const LAYOUT = { versions: [], columns: ["id", "text"], variables: [], questions: [] };

async function* paged(rows: Cell[][], size: number) {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

async function collected(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function bytesOf(rows: Cell[][], { size = 2, perSheet }: { size?: number; perSheet?: number } = {}) {
  const table = { layout: LAYOUT, count: rows.length, pages: paged(rows, size) };
  return collected(xlsx(table, perSheet));
}

async function read(bytes: Buffer) {
  const workbook = new Workbook();
  await workbook.xlsx.load(bytes.buffer as ArrayBuffer);
  return workbook;
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index): Cell[] => [index, `Row ${index}`]);

it("keeps every kind of cell, and texts with markup, spaces at their ends and any line break", async () => {
  const texts = ["<a & b>", "  spaced  ", "\r\nlines\n", "=SUM(A1)", "ż 日本 👩🏽‍⚕️", "&amp; &#13;", '"'];
  const rows: Cell[][] = [
    [0.1, true],
    [-3, null],
    [null, false],
    ...texts.map((text): Cell[] => [1e21, text]),
  ];
  const sheet = (await read(await bytesOf(rows))).worksheets[0]!;
  expect(rows.map((_, index) => [1, 2].map((column) => sheet.getCell(index + 2, column).value))).toEqual(
    rows,
  );
});

it("has dates as dates where Excel can hold them, and as text where it cannot", async () => {
  const dates = [
    ["1900-03-01", "1900-03-01"],
    ["2026-11-22", "2026-11-22"],
    ["2028-02-29T07:30", "2028-02-29T07:30Z"],
    ["2026-11-22T16:47:58.413419Z", "2026-11-22T16:47:58.413Z"],
    ["2026-11-22T23:30:00+01:00", "2026-11-22T22:30Z"],
    ["9999-12-31T23:59:59", "9999-12-31T23:59:59Z"],
  ] as const;
  const texts = ["0001-01-01", "1900-02-28", "1899-12-31T23:59", "9999-12-31T23:59-01:00"];
  const cells = [...dates.map(([iso]) => iso), ...texts];
  const sheet = (await read(await bytesOf(cells.map((iso): Cell[] => [1, { iso }])))).worksheets[0]!;
  const values = cells.map((_, index) => sheet.getCell(index + 2, 2).value);
  expect(values).toEqual([...dates.map(([, read]) => new Date(read)), ...texts]);
});

it("has whole numbers of more than 15 digits as text, since Excel turns the others to zeros", async () => {
  const most = Number.MAX_SAFE_INTEGER;
  const numbers = [
    999_999_999_999_999,
    -999_999_999_999_999,
    1e15,
    -1e15,
    most,
    -most,
    0.1 + 0.2,
    1e21,
    1e300,
  ];
  const sheet = (await read(await bytesOf(numbers.map((number): Cell[] => [1, number])))).worksheets[0]!;
  expect(numbers.map((_, index) => sheet.getCell(index + 2, 2).value)).toEqual([
    999_999_999_999_999,
    -999_999_999_999_999,
    "1000000000000000",
    "-1000000000000000",
    String(most),
    String(-most),
    0.1 + 0.2,
    1e21,
    1e300,
  ]);
});

it("writes what XML forbids as Office does, and keeps what looks like that apart", async () => {
  const sheet = (
    await read(
      await bytesOf([
        [1, "a\u0000\u000b\u001f\ufffeb"],
        [2, "_x000B_ and _x00"],
      ]),
    )
  ).worksheets[0]!;
  // This reader does not undo it in texts that stand in the sheet; Office does.
  expect(sheet.getCell("B2").value).toBe("a_x0000__x000B__x001F__xFFFE_b");
  expect(sheet.getCell("B3").value).toBe("_x005F_x000B_ and _x00");
});

it("cuts a text that no cell can hold, and says so with an ellipsis", async () => {
  const sheet = (
    await read(
      await bytesOf([
        [1, "a".repeat(32_767)],
        [2, `${"a".repeat(32_765)}👩👩`],
      ]),
    )
  ).worksheets[0]!;
  expect(sheet.getCell("B2").value).toBe("a".repeat(32_767));
  expect(sheet.getCell("B3").value).toBe(`${"a".repeat(32_765)}\ufffd…`);
});

it("goes on in another sheet where one is full, whatever the pages are", async () => {
  for (const size of [1, 3, 7, 20]) {
    const { worksheets } = await read(await bytesOf(numbered(11), { size, perSheet: 5 }));
    expect(worksheets.map(({ name, rowCount }) => [name, rowCount])).toEqual([
      ["Responses", 6],
      ["Responses 2", 6],
      ["Responses 3", 2],
    ]);
    expect(worksheets.map((sheet) => sheet.getCell("A2").value)).toEqual([0, 5, 10]);
    expect(worksheets[2]!.getCell("B1").value).toBe("text");
  }
});

it("is the same bytes each time, in any time zone", async () => {
  const zone = process.env.TZ;
  const made: Buffer[] = [];
  for (const TZ of ["UTC", "Pacific/Auckland", "America/Caracas"]) {
    process.env.TZ = TZ;
    made.push(await bytesOf(numbered(100)));
  }
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  expect(made.every((bytes) => bytes.equals(made[0]!))).toBe(true);
});

it("has a sheet with the names of the columns where there is nothing", async () => {
  const [sheet] = (await read(await bytesOf([]))).worksheets;
  expect([sheet!.rowCount, sheet!.getCell("B1").value]).toEqual([1, "text"]);
});

it("fails where its rows fail, and lets go of them where its reader leaves", async () => {
  async function* failing(): AsyncGenerator<Cell[][]> {
    yield numbered(3);
    throw new Error("The rows broke off");
  }
  await expect(collected(xlsx({ layout: LAYOUT, count: 9, pages: failing() }))).rejects.toThrow("broke off");

  let pulled = 0;
  let isReleased = false;
  async function* endless(): AsyncGenerator<Cell[][]> {
    try {
      for (; ; pulled++) yield numbered(100);
    } finally {
      isReleased = true;
    }
  }
  for await (const _ of xlsx({ layout: LAYOUT, count: 9, pages: endless() })) if (pulled > 2) break;
  expect(isReleased).toBe(true);
});
