import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { colloquy, colloquyHere, serving } from "../../../../tests/support/commandLine.ts";
import { freshPostgres } from "../../../../tests/support/database.ts";

const cwd = tmpdir();

it("serves on PostgreSQL with the secret that is set, which tokens are signed with, and by several processes", async () => {
  const env = {
    COLLOQUY_DATABASE: await freshPostgres(),
    COLLOQUY_AUTH_SECRET: "0123456789abcdef0123456789abcdef",
  };
  expect(await colloquyHere(["migrate"], { cwd, env })).toMatchObject({
    out: "The database is up to date\n",
  });
  expect(await colloquyHere(["account", "add", "--first-name", "Zoë"], { cwd, env })).toMatchObject({
    out: "1\n",
  });
  const nobody = await colloquyHere(["token", "--user", "2"], { cwd, env });
  expect([nobody.code, nobody.err]).toEqual([1, expect.stringMatching(/^There is no account 2: /)]);
  const token = (await colloquy(["token", "--user", "1"], { cwd, env })).out.trim();
  const servers = await Promise.all([serving(["serve"], { cwd, env }), serving(["serve"], { cwd, env })]);
  for (const { url, stop } of servers) {
    const me = await fetch(`${url}/api/accounts/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await me.json()).toMatchObject({ first_name: "Zoë" });
    expect(await stop()).toBe(0);
  }
});

it("signs no token where the secret is somebody else's to know", async () => {
  const { code, err } = await colloquyHere(["token", "--user", "1", "--database", await freshPostgres()], {
    cwd,
  });
  expect(code).toBe(1);
  expect(err).toMatch(/^Set COLLOQUY_AUTH_SECRET to the secret of the server/);
});
