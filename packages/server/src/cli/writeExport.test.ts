import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Schema } from "@colloquy/engine";
import { beforeAll, expect, it } from "vitest";
import { databaseKind, freshDatabase } from "../../../../tests/support/database.ts";
import { type Colloquy, createColloquy } from "../createColloquy.ts";
import type { Database } from "../database/database.ts";
import type { FormatName } from "../surveys/export/formats.ts";
import { FIRST, fill, type Response, SECOND, stored } from "../surveys/export/testing/fill.ts";
import { type CsvForm, PLAIN_CSV } from "../surveys/export/textFormats.ts";
import { localTarget } from "./localTarget.ts";
import type { ExportSurveys } from "./target.ts";
import { writeExport } from "./writeExport.ts";

const directory = await mkdtemp(join(tmpdir(), "colloquy-export-"));
const path = (name: string) => join(directory, name);

const responses = (count: number): Response[] =>
  Array.from({ length: count }, (_, index) => ({
    answers: {
      2: { chosen: [index % 2], text: index % 3 === 0 ? 'a "quoted"\n7,line\n{"id":1}, with more' : "" },
      4: { text: String(index) },
    },
  }));

/** Where a file is cut is nothing that a database knows. */
const CUTS = databaseKind === "postgres" ? 40 : 10;

let db: Database;
let colloquy: Colloquy;
let schema: Schema;

beforeAll(async () => {
  db = await freshDatabase();
  colloquy = await createColloquy({}, { database: db });
  schema = await stored(db, colloquy.schemas.load, FIRST);
  await fill(db, schema, responses(270));
  return async () => {
    await colloquy.close();
    await rm(directory, { recursive: true });
  };
});

async function write(output: string, format: FormatName, resume = false, csv: CsvForm = PLAIN_CSV) {
  const wanted = { schema: { name: FIRST.name }, format, inactive: false, completed: null, csv };
  let done = "0";
  const tell = (progress: string) => {
    done = progress.split(" ")[0]!;
  };
  const { exportSurveys } = localTarget(colloquy);
  await writeExport(cut(exportSurveys), { wanted, output, resume, tell });
  return Number(done);
}

/** The same in chunks of a few bytes, as a network may bring it. */
function cut(exportSurveys: ExportSurveys): ExportSurveys {
  return async (wanted, tell) => {
    const chunks = await exportSurveys(wanted, tell);
    return wanted.after === 0 ? chunks : inPieces(chunks);
  };
}

async function* inPieces(chunks: AsyncIterable<Uint8Array>) {
  for await (const chunk of chunks)
    for (let start = 0; start < chunk.length; start += 7) yield chunk.subarray(start, start + 7);
}

const GERMAN: CsvForm = { separator: ";", bom: true };

it.each([
  ["csv", PLAIN_CSV],
  ["csv", GERMAN],
  ["json", PLAIN_CSV],
  ["xlsx", PLAIN_CSV],
  ["codebook", PLAIN_CSV],
] as const)("goes on with a file that was cut off anywhere: %s, %j", async (format, form) => {
  expect(await write(path("whole"), format, false, form)).toBe(format === "codebook" ? 0 : 270);
  const bytes = await readFile(path("whole"));
  const cuts = Array.from({ length: CUTS }, (_, index) => Math.floor((bytes.length / (CUTS - 1)) * index));
  for (const length of [...cuts, 1, 40, bytes.length - 1, bytes.length - 3]) {
    await writeFile(path("cut"), bytes.subarray(0, length));
    const done = await write(path("cut"), format, true, form);
    expect((await readFile(path("cut"))).equals(bytes)).toBe(true);
    if (length > bytes.length / 2 && format !== "xlsx") expect(done).toBeLessThan(150);
  }
  await rm(path("missing"), { force: true });
  await write(path("missing"), format, true, form);
  expect((await readFile(path("missing"))).equals(bytes)).toBe(true);
});

it("refuses to go on with a file that is written in another way", async () => {
  await write(path("form"), "csv", false, GERMAN);
  const before = await readFile(path("form"));
  for (const form of [PLAIN_CSV, { ...GERMAN, bom: false }, { ...GERMAN, separator: "\t" as const }])
    await expect(write(path("form"), "csv", true, form)).rejects.toThrow("written in another way");
  expect(await readFile(path("form"))).toEqual(before);
});

it("brings a whole file up to date with newer surveys, and refuses one with other columns", async () => {
  for (const format of ["csv", "json"] as const) await write(path(format), format);
  await fill(db, schema, responses(3));
  for (const format of ["csv", "json"] as const) {
    expect(await write(path(format), format, true)).toBe(3);
    await write(path("anew"), format);
    expect(await readFile(path(format))).toEqual(await readFile(path("anew")));
  }
  await fill(db, await stored(db, colloquy.schemas.load, SECOND), [{ answers: { 6: { text: "5" } } }]);
  for (const format of ["csv", "json"] as const) {
    const before = await readFile(path(format));
    await expect(write(path(format), format, true)).rejects.toThrow("has other columns than this export");
    expect(await readFile(path(format))).toEqual(before);
  }
  await writeFile(path("foreign"), "a\n{1\n");
  await expect(write(path("foreign"), "json", true)).rejects.toThrow("has other columns");
});
