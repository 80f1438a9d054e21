import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { raw } from "sql-template-tag";
import { beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { migrate } from "../../packages/server/src/database/migrate.ts";
import { atTheEnd } from "../support/endings.ts";
import { person } from "../support/people.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Backups as docs/deploying.md makes them, by PostgreSQL's own programs.

const PATIENT = person(2);
const DOCTOR = person(3);

/** Where the server and the programs of one version are; the npm package has the server alone. */
const binaries = globSync("/usr/lib/postgresql/*/bin")
  .sort()
  .findLast((path) =>
    ["initdb", "postgres", "pg_dump", "pg_restore"].every((name) => existsSync(join(path, name))),
  );

if (binaries === undefined)
  test.skip("backups: PostgreSQL's server and pg_dump are not in /usr/lib/postgresql here", () => {});

describe.skipIf(binaries === undefined)("a database restored from pg_dump", () => {
  let busy: PostgresServer;
  let fresh: PostgresServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "colloquy-backup-"));
    atTheEnd(async () => rmSync(folder, { recursive: true }));
    [busy, fresh] = await Promise.all([startPostgres({ binaries }), startPostgres({ binaries })]);
    for (const server of [busy, fresh]) {
      atTheEnd(server.stop);
      await asAdmin(server, "create database chat");
    }
    // It has given out more ids of transactions than the other will for a while.
    await asAdmin(
      busy,
      `create procedure be_busy() language plpgsql as
        $$ begin for n in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$`,
    );
    await asAdmin(busy, "call be_busy()");
  });

  function run(program: string, ...given: string[]): void {
    execFileSync(join(binaries!, program), given, { stdio: ["ignore", "ignore", "inherit"] });
  }

  async function open(server: PostgresServer, on = {}): Promise<TestServer> {
    const database = await openDatabase(server.url("chat"));
    await migrate(database, { schema: "colloquy" });
    return startServer({ on }, { database });
  }

  test("on another server is the same, and clients and the host go on with what is new", async () => {
    const heard: string[] = [];
    const hearing = (where: string) => ({ message_created: () => void heard.push(where) });
    const before = await open(busy, hearing("before"));
    const { id } = await before.colloquy.threads.create({ creator: PATIENT });
    await before.colloquy.members.add(id, DOCTOR);
    await post(before, id, "before");
    await expect.poll(() => heard).toEqual(["before"]);
    const old = await tokenFrom(before);
    await close(before);
    // As once the oldest events have been deleted.
    const database = await openDatabase(busy.url("chat"));
    await database.query(raw("update event_horizon set xid = (select min(xid) from event)"));
    await database.close();
    const backup = join(folder, "backup");
    run("pg_dump", "--format=custom", `--file=${backup}`, busy.url("chat"));
    run("pg_restore", "--no-owner", `--dbname=${fresh.url("chat")}`, backup);

    const after = await open(fresh, hearing("after"));
    const { body } = await after.as(DOCTOR).get(`/threads/${id}/messages`);
    expect(body.results).toMatchObject([{ text: "before" }]);
    expect(await missed(after, old)).toEqual({ resync: true, texts: [] });
    const since = await tokenFrom(after);
    await post(after, id, "after");
    expect(await missed(after, since)).toEqual({ resync: false, texts: ["after"] });
    await expect.poll(() => heard).toEqual(["before", "after"]);
    await close(after);
  });

  test("in its place voids tokens of the time that was lost", async () => {
    const server = await open(fresh);
    const { id } = await server.colloquy.threads.create({ creator: PATIENT });
    await server.colloquy.members.add(id, DOCTOR);
    const backup = join(folder, "again");
    run("pg_dump", "--format=custom", `--file=${backup}`, fresh.url("chat"));
    await post(server, id, "lost");
    const since = await tokenFrom(server);
    await close(server);
    run("pg_restore", "--clean", "--no-owner", `--dbname=${fresh.url("chat")}`, backup);
    const again = await open(fresh);
    await post(again, id, "written over it");
    expect(await missed(again, since)).toEqual({ resync: true, texts: [] });
    await close(again);
  });
});

async function asAdmin(server: PostgresServer, text: string): Promise<void> {
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function close(server: TestServer): Promise<void> {
  await server.close();
  await server.colloquy.db.close();
}

const post = (server: TestServer, id: number, text: string) =>
  server.as(PATIENT).post(`/threads/${id}/messages`, { text });

const tokenFrom = async (server: TestServer): Promise<string> =>
  (await server.as(DOCTOR).get("/sync?since=none")).body.event;

async function missed(server: TestServer, since: string) {
  const { body } = await server.as(DOCTOR).get(`/sync?since=${encodeURIComponent(since)}`);
  const texts = body.events.flatMap(({ data }: { data: { text?: string } }) => data.text ?? []);
  return { resync: body.resync, texts };
}
