import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { colloquy, colloquyHere, makeDirectory, serving } from "../../../../tests/support/commandLine.ts";
import { createColloquy } from "../createColloquy.ts";
import { openDatabase } from "../database/database.ts";
import { addAccount } from "../people/queries.ts";
import { FIRST, fill, stored } from "../surveys/export/testing/fill.ts";

// Each command does through a server what it does on a database.

const cwd = await mkdtemp(join(tmpdir(), "colloquy-server-"));
const SECRET = { COLLOQUY_AUTH_SECRET: "0123456789abcdef0123456789abcdef" };

/** May be stored, and not published: it never ends. */
const ENDLESS = {
  format: "colloquy.schema/1",
  name: "endless",
  type: "automated_flow",
  questions: [
    { qid: 1, type: "text", text: "Name?", next_qid: 2 },
    { qid: 2, type: "text", text: "Really?", next_qid: 1 },
  ],
};
const TAKEN = { ...FIRST, version: 1, language: "pl" };

beforeAll(async () => {
  const directory = join(cwd, "here");
  await makeDirectory(directory);
  const db = await openDatabase(directory);
  const host = await createColloquy({}, { database: db });
  await addAccount(db, { first_name: "Ada", is_superuser: true });
  const schema = await stored(db, host.schemas.load, FIRST);
  await fill(
    db,
    schema,
    Array.from({ length: 300 }, (_, index) => ({ answers: { 4: { text: String(index) } } })),
  );
  await host.close();
  await db.close();
  await cp(directory, join(cwd, "there"), { recursive: true });
  const files = { endless: ENDLESS, other: { ...ENDLESS, name: "other" }, taken: TAKEN };
  for (const [name, document] of Object.entries(files))
    await writeFile(join(cwd, `${name}.json`), JSON.stringify(document));
  return () => rm(cwd, { recursive: true });
});

const COMMANDS = [
  ["schema", "load", "endless.json", "other.json"],
  ["schema", "load", "other.json", "--publish"],
  ["schema", "load", "taken.json"],
  ["schema", "list"],
  ["schema", "publish", FIRST.name],
  ["schema", "publish", "endless"],
  ["schema", "publish", "endless", "--force"],
  ["schema", "publish", "nothing"],
  ["schema", "publish", "99"],
  ["schema", "publish", ""],
  ["schema", "list", "--json"],
  ["schema", "dump", "endless"],
  ["schema", "dump", "1"],
  ["schema", "dump", "99"],
  ["schema", "check", "1"],
  ["schema", "check", "2"],
  ["schema", "check", "99"],
  [
    "account",
    "add",
    "--first-name",
    "Bo\u001b",
    "--last-name",
    "Żuk",
    "--language",
    "pl",
    "--time-zone",
    "Europe/Warsaw",
  ],
  ["account", "add", "--first-name", "Cy", "--id", "cy"],
  ["account", "list"],
  ["account", "list", "--json"],
  ["survey", "export", "--name", FIRST.name, "--inactive"],
  ["survey", "export", "--id", "1", "--separator", "tab", "--bom"],
  ["survey", "export", "--id", "1", "--format", "json"],
  ["survey", "export", "--id", "1", "--format", "codebook"],
  ["survey", "export", "--id", "99"],
];

it("does the same through a server as on a database", async () => {
  const where = ["--database", "here"];
  const server = await serving(["serve", "--database", "there"], { cwd, env: SECRET });
  const { out } = await colloquyHere(["token", "--user", "1", "--database", "there"], { cwd, env: SECRET });
  const through = ["--server", server.url, "--token", out.trim()];
  const codes: (number | null)[] = [];
  for (const command of COMMANDS) {
    const expected = await colloquyHere([...command, ...where], { cwd, env: { TZ: "UTC" } });
    expect({ command, ...(await colloquyHere([...command, ...through], { cwd })) }).toEqual({
      command,
      ...expected,
    });
    codes.push(expected.code);
  }
  expect(codes).toEqual([0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 1]);

  for (const format of ["csv", "json"]) {
    const write = ["survey", "export", "--id", "1", "--format", format, "--output"];
    await colloquyHere([...write, "whole", ...where], { cwd });
    const whole = await readFile(join(cwd, "whole"));
    await writeFile(join(cwd, "cut"), whole.subarray(0, whole.length / 2));
    const resumed = await colloquyHere([...write, "cut", "--resume", "--progress", ...through], { cwd });
    expect(resumed).toMatchObject({ code: 0, err: expect.stringMatching(/^0\.0 MB · \d+ s\n$/) });
    expect(await readFile(join(cwd, "cut"))).toEqual(whole);
  }

  const env = { COLLOQUY_SERVER: `${server.url}/api/`, COLLOQUY_TOKEN: out.trim() };
  const played = await colloquy(["schema", "simulate", "2"], { cwd, env, input: "Maria\n" });
  expect(played.out).toMatch(/^\nName\?\n/);
  // An option goes before the environment.
  expect(await colloquyHere(["schema", "dump", "2", ...where], { cwd, env })).toMatchObject({ code: 0 });
});

it("says who is not let in", async () => {
  const { url } = await serving(["serve", "--dev", "--database", "memory:"], { cwd });
  const as = (...who: string[]) => colloquyHere(["account", "list", "--server", url, ...who], { cwd });
  expect(await as("--user", "1")).toMatchObject({ code: 0, out: expect.stringContaining("Maria Keller") });
  expect(await as("--user", "2")).toEqual({
    code: 1,
    out: "",
    err: `${url}/api answers 403: You do not have permission to perform this action. Commands need a superuser.\n`,
  });
  expect(await as("--token", "abc")).toEqual({
    code: 1,
    out: "",
    err: `${url}/api answers 401: Incorrect authentication credentials. \`colloquy token --user ID\` prints a token.\n`,
  });
});

/** A server that is none of ours; answers its address. */
async function other(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const listThrough = (url: string) =>
  colloquyHere(["schema", "list", "--server", url, "--token", "abc"], {
    cwd,
    env: { COLLOQUY_HTTP_PREFIX: "/chat" },
  });

it("says in one sentence what is wrong with an address", async () => {
  const gone = await other(() => {});
  const unused = `http://127.0.0.1:${Number(new URL(gone).port) === 9 ? 10 : 9}`;
  const moved = await other((_request, out) => out.writeHead(302, { location: "https://x/" }).end());
  const page = await other((_request, out) => out.end("<h1>It works!</h1>"));
  const missing = await other((_request, out) => out.writeHead(404).end('{"detail": "Not found."}'));
  const closing = await other(({ socket }) => socket.destroy());
  for (const [url, sentence] of [
    [unused, `Cannot reach ${unused}/chat: `],
    [moved, `${moved}/chat is elsewhere: give --server https://x/\n`],
    [page, `${page}/chat answers 200, but not as Colloquy does: is that the address?\n`],
    [missing, `There is no API at ${missing}/chat: give --server with the path that it has (http.prefix)\n`],
    [closing, `Cannot reach ${closing}/chat: closed by the other side\n`],
  ] as const) {
    const { code, out, err } = await listThrough(url);
    expect({ code, out, err }).toEqual({ code: 1, out: "", err: expect.stringContaining(sentence) });
    expect(err.trim().split("\n")).toHaveLength(1);
  }
});

it("writes an export as it comes, and says where it was cut off", async () => {
  const cut = Promise.withResolvers<void>();
  const url = await other(({ url, socket }, out) => {
    if (url === "/api/accounts/me") return void out.end('{"id": 1}');
    out.write("id,user\n1,2\n");
    cut.promise.then(() => socket.destroy());
  });
  const file = join(cwd, "coming.csv");
  const args = ["survey", "export", "--id", "1", "--output", file, "--server", url, "--token", "abc"];
  const exporting = colloquy(args, { cwd });
  await expect.poll(() => readFile(file, "utf8").catch(() => "")).toBe("id,user\n1,2\n");
  cut.resolve();
  expect(await exporting).toEqual({
    code: 1,
    out: "",
    err: `The connection to ${url}/api was lost after 0.0 MB: closed by the other side\n`,
  });
});
