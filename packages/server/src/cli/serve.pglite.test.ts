import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Me } from "@colloquy/protocol";
import { afterAll, expect, it } from "vitest";
import { colloquy, colloquyHere, makeDirectory, serving } from "../../../../tests/support/commandLine.ts";
import { lockDirectory } from "../database/directoryLock.ts";
import { VERSION } from "../version.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
afterAll(() => rm(cwd, { recursive: true }));
await makeDirectory(join(cwd, ".colloquy/database"));
const LONG = 180_000;

const NOBODY = {
  code: 1,
  out: "",
  err: "There is no account 99: `colloquy account add` adds one, `account list` shows all\n",
};

function me(url: string, token: string): Promise<Response> {
  return fetch(`${url}/api/accounts/me`, { headers: { authorization: `Bearer ${token}` } });
}

/** For programs and for browsers: what runs here, with links that lead somewhere. */
async function expectFrontPage(url: string): Promise<void> {
  const facts = await fetch(url);
  expect(await facts.json()).toEqual({
    name: "Colloquy",
    version: VERSION,
    api: "/api",
    docs: "/api/docs",
    openapi: "/api/openapi.json",
  });
  const page = await fetch(url, { headers: { accept: "text/html,*/*;q=0.8" } });
  expect([page.headers.get("content-type"), page.headers.get("vary")]).toEqual([
    "text/html; charset=utf-8",
    "Accept",
  ]);
  const html = await page.text();
  expect(html).toContain(`<h1>Colloquy ${VERSION}</h1>`);
  const links = [...html.matchAll(/href="(.+?)"/g)].map(([, link]) => new URL(link!, url).href);
  expect(links).toEqual([`${url}/api/docs`, `${url}/api/openapi.json`]);
  for (const link of links) expect([link, (await fetch(link)).status]).toEqual([link, 200]);
}

it("refuses a token before there is a secret to sign it with", async () => {
  const { code, err } = await colloquyHere(["token", "--user", "1"], { cwd });
  expect(code).toBe(1);
  expect(err).toMatch(/^There is no secret in \.colloquy\/database yet: .*\n$/);
});

it("signs a token without a look at a database that it has not, or that a host has open, and says so", async () => {
  const env = { COLLOQUY_AUTH_SECRET: "0123456789abcdef0123456789abcdef" };
  const signed = async (database: string) => {
    const { code, out, err } = await colloquyHere(["token", "--user", "7", "--database", database], {
      cwd,
      env,
    });
    expect([code, out]).toEqual([0, expect.stringMatching(/^\w+\.\w+\.[\w-]+\n$/)]);
    return err;
  };
  const note = "Not checked whether there is an account 7";
  expect(await signed("nowhere")).toBe(`${note}: there is no database in nowhere\n`);
  expect(await readdir(cwd)).not.toContain("nowhere");
  const unlock = await lockDirectory(join(cwd, ".colloquy/database"));
  expect(await signed(".colloquy/database")).toMatch(new RegExp(`^${note}: .*is already open.*\n$`));
  await unlock();
});

it(
  "serves whom it knows by a token of the command line, keeps them over a restart, and stops when told",
  async () => {
    const added = await colloquy(["account", "add", "--first-name", "Zoë", "--superuser"], { cwd });
    expect(added).toEqual({ code: 0, out: "1\n", err: "" });

    const first = await serving(["serve"], { cwd });
    expect(first.said()).toMatch(/^Colloquy listens on http:\/\/127\.0\.0\.1:\d+\n$/);
    const token = (await colloquy(["token", "--user", "1"], { cwd })).out.trim();
    expect(await (await me(first.url, token)).json()).toMatchObject({
      first_name: "Zoë",
      is_superuser: true,
    });
    expect((await me(first.url, `${token}x`)).status).toBe(401);
    expect((await first.ask(1, "/api/accounts/me")).status).toBe(401);
    await expectFrontPage(first.url);

    const again = await colloquyHere(["serve", "--port", "0"], { cwd });
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toMatch(/^\.colloquy\/database is in use by process \d+ .*\n$/);
    const refused = await colloquyHere(["schema", "list"], { cwd });
    expect([refused.code, refused.out]).toEqual([1, ""]);
    expect(refused.err).toContain(`work through its server: --server ${first.url}/api --token TOKEN`);
    // The directory is the server's, so that it is asked.
    expect(await colloquyHere(["token", "--user", "99"], { cwd })).toEqual(NOBODY);

    expect(await first.stop("SIGTERM")).toBe(0);
    const second = await serving(["serve"], { cwd });
    expect((await me(second.url, token)).status).toBe(200);
    expect(await second.stop("SIGINT")).toBe(0);
    expect(await colloquyHere(["token", "--user", "99"], { cwd })).toEqual(NOBODY);
    expect(await readdir(join(cwd, ".colloquy/database"))).not.toContain("colloquy.address");
    expect(second.said().split("\n")).toHaveLength(2);
    const secret = await stat(join(cwd, ".colloquy/database/colloquy.secret"));
    expect(secret.mode & 0o777).toBe(0o600);
  },
  LONG,
);

it(
  "trusts X-User-Id in development, where accounts 1, 2 and 3 are there, and shows the page",
  async () => {
    const server = await serving(["serve", "--dev"], { cwd });
    expect(server.said()).toMatch(/^Colloquy listens on \S+ and trusts X-User-Id\n$/);
    const people = await Promise.all([1, 2, 3, 4].map((id) => server.ask(id, "/api/accounts/me")));
    expect(people.map((answer) => answer.status)).toEqual([200, 200, 200, 401]);
    const known = await Promise.all(people.slice(0, 3).map((answer) => answer.json() as Promise<Me>));
    expect(known.map((person) => person.is_superuser)).toEqual([true, false, false]);
    expect((await fetch(server.url)).headers.get("content-type")).toContain("text/html");
  },
  LONG,
);

it(
  "stops while it is still starting",
  async () => {
    const child = await starting();
    child.kill("SIGTERM");
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  },
  LONG,
);

/** A server whose handlers are there and whose database is not yet. */
async function starting() {
  await writeFile(
    join(cwd, "colloquy.config.js"),
    'process.stdout.write("http://starting\\n"); export default {};',
  );
  const { child } = await serving(["serve"], { cwd });
  return child;
}

it(
  "finishes what is under way on the first signal, and ends at once on a second",
  async () => {
    await writeFile(
      join(cwd, "colloquy.config.js"),
      'export default { authenticate: () => new Promise(() => console.log("asked")) };',
    );
    const server = await serving(["serve"], { cwd });
    const asked = server.ask(1, "/api/accounts/me").catch(() => "cut off");
    await expect.poll(server.said).toContain("asked");
    server.child.kill("SIGTERM");
    await sleep(500);
    expect(server.child.exitCode).toBe(null);
    expect(await server.stop("SIGTERM")).toBe(143);
    expect(await asked).toBe("cut off");
  },
  LONG,
);

it(
  "stops when the shell is gone in which npm had started it",
  async () => {
    await rm(join(cwd, "colloquy.config.js"));
    const env = { npm_lifecycle_event: "start" };
    const { url, child } = await serving(["serve"], { cwd, env, shell: true });
    child.kill("SIGKILL");
    await expect.poll(() => fetch(url).catch(() => "gone")).toBe("gone");
  },
  LONG,
);
