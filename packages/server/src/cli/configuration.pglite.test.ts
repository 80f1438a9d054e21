import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { colloquy, colloquyHere, makeDirectory, serving } from "../../../../tests/support/commandLine.ts";
import { fromEnvironment, VARIABLES } from "./environment.ts";
import { sentenceOf } from "./sentences.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
  return () => rm(cwd, { recursive: true });
});

const SECRET = "0123456789abcdef0123456789abcdef";

it("takes every setting of one value from the environment, and what everybody sets by the names that they have", () => {
  const settings = fromEnvironment({
    COLLOQUY_PORT: "9000",
    COLLOQUY_HTTP_BODY_LIMIT: "2048",
    COLLOQUY_DATABASE: "memory:",
    COLLOQUY_AUTH_DEV: "true",
    COLLOQUY_ACCOUNTS_CACHE_SECONDS: "0.5",
    COLLOQUY_COMPAT: "",
    REDIS_URL: "redis://localhost",
    HOME: "/",
  });
  expect(settings).toEqual({
    http: { port: 9000, bodyLimit: 2048 },
    database: "memory:",
    auth: { dev: true },
    accounts: { cacheSeconds: 0.5 },
    realtime: { redisUrl: "redis://localhost" },
  });
  expect([...VARIABLES.keys()]).toContain("COLLOQUY_THREADS_USERS_DATA_LIMIT");
  expect([...VARIABLES.keys()]).not.toContain("COLLOQUY_ON");
});

const REFUSED: [string, string[], Record<string, string>, RegExp][] = [
  [
    "an unknown variable",
    [],
    { COLLOQUY_PROT: "1" },
    /^Unknown setting COLLOQUY_PROT: did you mean COLLOQUY_PORT\?\n$/,
  ],
  [
    "a variable that is no number",
    [],
    { COLLOQUY_PORT: "tcp://10.0.0.1" },
    /^COLLOQUY_PORT must be a number\n$/,
  ],
  ["a port that does not exist", ["--port", "99999"], {}, /^http\.port is 99999: .* from 0 to 65535\n$/],
  ["a compat that does not exist", ["--compat", "other"], {}, /^compat is .*"chat_api"\n$/],
  [
    "a short secret",
    [],
    { COLLOQUY_AUTH_SECRET: "short" },
    /^auth\.secret must have at least 32 characters\n$/,
  ],
  [
    "a database of another kind",
    ["--database", "mysql://localhost/x"],
    {},
    /^database must be postgres:\/\//,
  ],
  [
    "a Redis that is none",
    [],
    { REDIS_URL: "localhost:hidden" },
    /^realtime\.redisUrl must be redis:\/\/.*\n$/,
  ],
  [
    "PostgreSQL without a secret",
    ["--database", "postgres://nobody@127.0.0.1:1/x"],
    {},
    /^Set COLLOQUY_AUTH_SECRET .*\n$/,
  ],
  [
    "PostgreSQL that cannot be reached",
    ["--database", "postgres://nobody:hidden@127.0.0.1:1/x"],
    { COLLOQUY_AUTH_SECRET: SECRET },
    /^Cannot reach PostgreSQL at nobody@127\.0\.0\.1:1\/x: .*\n$/,
  ],
  [
    "development on a public host",
    ["--dev", "--host", "0.0.0.0"],
    {},
    /^auth\.dev \(--dev\) .* not 0\.0\.0\.0\n$/,
  ],
  [
    "development on a name",
    ["--dev"],
    { COLLOQUY_HOST: "example.org" },
    /^auth\.dev \(--dev\) .* not example\.org\n$/,
  ],
  ["a directory that cannot be made", ["--database", "/dev/null/x"], {}, /^The system refuses: ENOTDIR.*\n$/],
];

it.each(REFUSED)(
  "does not start with %s, and says so in one sentence",
  async (_what, args, env, sentence) => {
    const { code, out, err } = await colloquyHere(["serve", ...args], { cwd, env });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(sentence);
    expect(err).not.toContain("hidden");
    expect(await readdir(cwd)).toEqual([]);
  },
);

it("does not start on a port that is taken", async () => {
  await makeDirectory(join(cwd, ".colloquy/database"));
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const refused = await colloquy(["serve", "--port", String(port)], { cwd });
  expect(refused).toEqual({
    code: 1,
    out: "",
    err: `Port ${port} of 127.0.0.1 is in use: stop the program that listens there, or choose another with --port or COLLOQUY_PORT\n`,
  });
});

it("says that an address is not this machine's", async () => {
  const error = await new Promise((resolve) => createServer().once("error", resolve).listen(0, "192.0.2.1"));
  expect(sentenceOf(error)).toMatch(/^Cannot listen on 192\.0\.2\.1: this machine has no such address/);
});

it("names the unknown setting of a configuration file, and a file that is none", async () => {
  const serve = () => colloquyHere(["serve"], { cwd });
  await writeFile(join(cwd, "colloquy.config.json"), '{"http": {"prot": 1}}');
  expect(await serve()).toMatchObject({
    code: 1,
    err: "Unknown setting http.prot: did you mean http.port?\n",
  });
  await writeFile(join(cwd, "colloquy.config.json"), "{");
  expect((await serve()).err).toMatch(/^colloquy\.config\.json cannot be read: .*JSON.*\n$/);
  await writeFile(join(cwd, "colloquy.config.json"), "3");
  expect((await serve()).err).toBe("colloquy.config.json must hold an object of settings\n");
  await writeFile(join(cwd, "colloquy.config.js"), "export default {};");
  expect((await serve()).err).toBe("There are colloquy.config.js and colloquy.config.json: keep only one\n");
});

it("puts an option before the environment, that before the file, and that before the default", async () => {
  await writeFile(
    join(cwd, "colloquy.config.ts"),
    `const prefix: string = "/chat";
     export default { database: "data", http: { prefix, host: "127.0.0.3", port: 1 }, auth: { dev: true } };`,
  );
  await makeDirectory(join(cwd, "data"));
  const server = await serving(["serve", "--host", "127.0.0.2"], {
    cwd,
    env: { COLLOQUY_HOST: "127.0.0.4" },
  });
  expect(server.said()).toMatch(/^Colloquy listens on http:\/\/127\.0\.0\.2:\d+ and trusts X-User-Id\n$/);
  expect(new URL(server.url).port).not.toBe("1");
  expect((await server.ask(1, "/chat/accounts/me")).status).toBe(200);
  expect(await readdir(cwd)).toEqual(["colloquy.config.ts", "data"]);
});
