import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { colloquyHere } from "../../../../tests/support/commandLine.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
afterAll(() => rm(cwd, { recursive: true }));

const run = (ids: "integer" | "string", ...args: string[]) =>
  colloquyHere([...args, "--database", "people"], { cwd, env: { COLLOQUY_ACCOUNTS_IDS: ids } });

it("adds people under ids that are given, and converts them to and fro, all or none", async () => {
  const add = (ids: "integer" | "string", ...id: string[]) =>
    run(ids, "account", "add", "--first-name", "Ann", ...id);
  expect(await add("integer", "--id", "ann")).toMatchObject({
    code: 2,
    err: expect.stringContaining("--id is not allowed"),
  });
  expect(await add("integer")).toMatchObject({ code: 0, out: "1\n" });
  const other = await add("string", "--id", "auth0|7");
  expect([other.code, other.err]).toEqual([1, expect.stringMatching(/^accounts\.ids .*`colloquy migrate`/)]);
  expect(await run("string", "migrate")).toMatchObject({
    code: 0,
    out: "Converted the ids of users to strings\n",
  });
  expect(await add("string", "--id", "auth0|7")).toMatchObject({ code: 0, out: "auth0|7\n" });
  expect(await add("string", "--id", "auth0|7")).toMatchObject({ code: 1 });
  expect(await add("string")).toMatchObject({ code: 2 });
  const back = await run("integer", "migrate");
  expect([back.code, back.err]).toEqual([
    1,
    expect.stringContaining('The id "auth0|7" in account is not an integer'),
  ]);
});
