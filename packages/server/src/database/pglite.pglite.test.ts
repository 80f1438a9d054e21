import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { raw } from "sql-template-tag";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DirectoryInUse, openDatabase } from "./database.ts";

let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "colloquy-disk-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

const insert = { name: "test.insert", text: "insert into note values ($1)" };
const count = { name: "test.count", text: "select count(*) as n, max(id) as last from note" };

/** Another process that writes notes without end and says the id of each when it is committed. */
async function startWriter(data: string): Promise<{ child: ChildProcess; lastSaid: () => number }> {
  const script = join(directory, "writer.mjs");
  await writeFile(
    script,
    `import { openDatabase } from ${JSON.stringify(new URL("./database.ts", import.meta.url).href)};
     const database = await openDatabase(${JSON.stringify(data)});
     await database.query({ name: "create", text: "create schema colloquy" });
     await database.query({ name: "table", text: "create table note (id int)" });
     for (let id = 1; ; id++) {
       await database.query(${JSON.stringify(insert)}, [id]);
       process.stdout.write(id + "\\n");
     }`,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  await once(child.stdout!, "data");
  return { child, lastSaid: () => Number(said.trim().split("\n").at(-1)) };
}

test("what was written is there after closing and opening, and no lock stays behind", async () => {
  const data = join(directory, "new/data");
  const first = await openDatabase(data);
  await first.query(raw("create schema colloquy; create table note (id int)"));
  await first.query(insert, [1]);
  await first.close();
  expect(await readdir(data)).not.toContain("colloquy.lock");
  const second = await openDatabase(data);
  expect(await second.query(count)).toEqual([{ n: 1, last: 1 }]);
  await second.close();
});

test("what has reached the process is read before the engine is asked", async () => {
  const database = await openDatabase("memory:");
  let isRead = false;
  setImmediate(() => {
    isRead = true;
  });
  await database.query(raw("select 1"));
  expect(isRead).toBe(true);
  await database.close();
});

test("a directory is open once in a process", async () => {
  const first = await openDatabase(directory);
  await expect(openDatabase(directory)).rejects.toThrow(DirectoryInUse);
  await first.close();
});

test("a second process is refused; after kill -9 the next one takes over and finds all that was committed", async () => {
  const data = join(directory, "data");
  const { child, lastSaid } = await startWriter(data);
  await expect(openDatabase(data)).rejects.toThrow(`${data} is in use by process ${child.pid}`);
  child.kill("SIGKILL");
  await once(child, "close");
  const database = await openDatabase(data);
  const [row] = await database.query<{ n: number; last: number }>(count);
  expect(row?.n).toBeGreaterThanOrEqual(lastSaid());
  expect(row?.last).toBe(row?.n);
  await database.close();
});

test("a directory that is no database's says so and is given back", async () => {
  await writeFile(join(directory, "PG_VERSION"), "9");
  await expect(openDatabase(directory)).rejects.toThrow();
  expect(await readdir(directory)).not.toContain("colloquy.lock");
});

test("a process that is killed while it makes a database leaves nothing in the way of the next", async () => {
  const data = join(directory, "data");
  const script = join(directory, "maker.mjs");
  const port = JSON.stringify(new URL("./database.ts", import.meta.url).href);
  await writeFile(
    script,
    `import { openDatabase } from ${port}; await openDatabase(${JSON.stringify(data)});`,
  );
  const child = spawn(process.execPath, [script], { stdio: "inherit" });
  children.push(child);
  await expect.poll(() => readdir(data).catch(() => [])).toContain("global");
  child.kill("SIGKILL");
  await once(child, "close");
  const database = await openDatabase(data);
  expect(await database.query(raw("select 1 as one"))).toEqual([{ one: 1 }]);
  await database.close();
  expect(await readdir(data)).not.toContain("colloquy.unfinished");
});

test("its log does not grow for ever", async () => {
  const data = join(directory, "log");
  const database = await openDatabase(data);
  const write = {
    name: "test.write",
    text: "select pg_logical_emit_message(false, 'test', repeat('x', 300000))",
  };
  for (let n = 0; n < 1_000; n++) await database.query(write);
  const parts = (await readdir(join(data, "pg_wal"))).filter((name) => /^[0-9A-F]{24}$/.test(name));
  expect(parts.length * 16_777_216).toBeLessThan(200_000_000);
  await database.close();
});
