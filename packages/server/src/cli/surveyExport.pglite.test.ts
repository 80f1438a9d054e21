import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { colloquy, colloquyHere, makeDirectory } from "../../../../tests/support/commandLine.ts";
import { createColloquy } from "../createColloquy.ts";
import { openDatabase } from "../database/database.ts";
import { FIRST, fill, stored } from "../surveys/export/testing/fill.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-export-"));
const DIRECTORY = join(cwd, "database");

beforeAll(async () => {
  await makeDirectory(DIRECTORY);
  const db = await openDatabase(DIRECTORY);
  const host = await createColloquy({}, { database: db });
  const schema = await stored(db, host.schemas.load, FIRST);
  const answers = { 4: { text: "41" }, 7: { text: "off the path", inactive: true } };
  await fill(
    db,
    schema,
    Array.from({ length: 300 }, () => ({ answers })),
  );
  await host.close();
  await db.close();
  return () => rm(cwd, { recursive: true });
});

const exporting = (...args: string[]) => ["survey", "export", ...args, "--database", DIRECTORY];
const run = (...args: string[]) => colloquyHere(exporting(...args), { cwd });

it("writes to the standard output or a file, and says how far it is where it is asked to", async () => {
  const { code, out, err } = await colloquy(exporting("--name", FIRST.name), { cwd });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^id,user,schema_version,/);
  expect(out).not.toContain("off the path");

  const told = await run("--id", "1", "--format", "json", "--output", "all.json", "--inactive", "--progress");
  expect(told).toMatchObject({ code: 0, out: "" });
  expect(told.err).toMatch(/^(250 of 300 · \d+ s\n)?300 of 300 · \d+ s\n$/);
  const rows = JSON.parse(await readFile(join(cwd, "all.json"), "utf8"));
  expect(rows).toHaveLength(300);
  expect(rows[0]).toMatchObject({ q4: 41, q7: "off the path" });
});

it("writes for a spreadsheet program of another country, and goes on with what it wrote", async () => {
  const form = ["--id", "1", "--separator", ";", "--bom", "--output", "form.csv"];
  expect(await run(...form)).toMatchObject({ code: 0, err: "" });
  const bytes = await readFile(join(cwd, "form.csv"));
  expect(bytes.toString("utf8")).toMatch(/^\ufeffid;user;schema_version;/);
  await writeFile(join(cwd, "form.csv"), bytes.subarray(0, bytes.length - 50));
  expect(await run(...form, "--resume")).toMatchObject({ code: 0, err: "" });
  expect(await readFile(join(cwd, "form.csv"))).toEqual(bytes);
  const other = await run("--id", "1", "--output", "form.csv", "--resume");
  expect(other).toMatchObject({ code: 1, err: expect.stringContaining("written in another way") });
});

it("says what is unknown, and what goes only together", async () => {
  expect(await run("--name", "1")).toEqual({ code: 1, out: "", err: "There is no schema 1\n" });
  expect(await run("--id", "9")).toEqual({ code: 1, out: "", err: "There is no schema with the id 9\n" });
  for (const wrong of [
    [],
    ["1"],
    ["--id", "1", "--name", FIRST.name],
    ["--id", FIRST.name],
    ["--id", "1", "--format", "pdf"],
    ["--id", "1", "--resume"],
    ["--id", "1", "--separator", "."],
    ["--id", "1", "--format", "json", "--bom"],
  ])
    expect(await run(...wrong)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/\S/) });
});
