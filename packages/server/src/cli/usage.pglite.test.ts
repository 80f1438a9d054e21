import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { colloquy, colloquyHere } from "../../../../tests/support/commandLine.ts";
import { VERSION } from "../version.ts";
import { commands } from "./commands.ts";
import { helpOf } from "./help.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
afterAll(() => rm(cwd, { recursive: true }));

it("lists every command in its help, and every option in each command's own", async () => {
  const { code, out } = await colloquyHere(["--help"], { cwd });
  expect(code).toBe(0);
  for (const { name, summary } of commands) {
    expect(out).toContain(`  ${name} `);
    expect(out).toContain(summary);
  }
  for (const listed of commands) {
    const command = await listed.load();
    const help = helpOf(listed, command);
    for (const option of Object.keys(command.options)) expect(help).toContain(`--${option} `);
  }
});

it("helps with a group of commands and with a single one, wherever --help stands", async () => {
  const [group, command] = await Promise.all([
    colloquyHere(["schema", "--help"], { cwd }),
    colloquyHere(["schema", "load", "file.json", "--help"], { cwd }),
  ]);
  expect([group.code, command.code]).toEqual([0, 0]);
  expect(group.out).toContain("schema simulate FILE");
  expect(group.out).not.toContain("serve");
  expect(command.out).toContain("Usage: colloquy schema load FILE… [OPTIONS]");
  expect(command.out).toContain("--publish");
});

it("takes help as a command, too", async () => {
  for (const asked of [[], ["schema"], ["schema", "load"]]) {
    const [named, flagged] = await Promise.all([
      colloquyHere(["help", ...asked], { cwd }),
      colloquyHere([...asked, "--help"], { cwd }),
    ]);
    expect(named).toEqual(flagged);
  }
});

it("tells its version, and helps, without reading more of the program than it needs", async () => {
  const code = `import { registerHooks } from "node:module";
    const resolve = (name, context, next) => {
      const found = next(name, context);
      process.stderr.write(found.url + "\\n");
      return found;
    };
    registerHooks({ resolve });`;
  const node = ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
  const version = await colloquy(["--version"], { cwd, node });
  expect(version).toMatchObject({ code: 0, out: `${VERSION}\n` });
  const help = await colloquy(["help"], { cwd, node });
  for (const { err } of [version, help]) {
    const read = err.split("\n").filter((url) => url.startsWith("file:"));
    expect(read.length).toBeGreaterThan(3);
    expect(read.length).toBeLessThan(15);
    expect(err).not.toMatch(/pglite|fastify|typebox/);
  }
});

const WRONG: [string[], RegExp][] = [
  [[], /^Colloquy: .*\n\nUsage: colloquy COMMAND/],
  [["schema"], /^Usage: colloquy schema COMMAND/],
  [["schmea", "load"], /^Unknown command schmea load: did you mean `colloquy schema load`\?\n$/],
  [["sreve"], /did you mean `colloquy serve`\?\n$/],
  [["serve", "--prot", "1"], /^Unknown option '--prot': `colloquy serve --help` tells more\.\n$/],
  [["serve", "--port"], /^Option '--port <value>' argument missing: /],
  [["serve", "--port", "many"], /^--port must be a number\n$/],
  [["serve", "--nodes", "0"], /^--nodes must be a whole number from 1 to 64\n$/],
  [["serve", "--nodes", "65"], /^--nodes must be a whole number from 1 to 64\n$/],
  [["serve", "--nodes", "2.5"], /^--nodes must be a whole number from 1 to 64\n$/],
  [["serve", "here"], /^`colloquy serve` does not take "here": /],
  [["schema", "load"], /^`colloquy schema load` needs FILE…: /],
  [["schema", "check", "a", "b"], /^`colloquy schema check` does not take "b": /],
  [["account", "add"], /^--first-name is required\n$/],
  [["account", "list", "--server", "x"], /^--server must be an address such as .*, not x\n$/],
  [["account", "list", "--server", "http://me:hidden@x"], /^--server must be an address such as/],
  [["account", "list", "--server", "http://x"], /^--server needs --token or COLLOQUY_TOKEN: /],
  [["account", "list", "--server", "http://x", "--token", "a\nb"], /^--token is no token\n$/],
  [
    ["account", "list", "--server", "http://x", "--token", "a", "--user", "1"],
    /^Give either --token or --user\n$/,
  ],
  [["account", "list", "--server", "http://x", "--database", "y"], /^Give either --server or --database\n$/],
  [["account", "list", "--token", "a"], /^--token and --user need --server\n$/],
  [["token"], /^--user ID is required, and a number\n$/],
  [["token", "--user", "Maria"], /^--user ID is required, and a number\n$/],
];

/** One as a process of its own, whose exit code it is. */
it("answers a wrong command line with one clear sentence, and exits with 2", async () => {
  for (const [index, [args, sentence]] of WRONG.entries()) {
    const call = index === 2 ? colloquy : colloquyHere;
    const { code, out, err } = await call(args, { cwd });
    expect({ args, code, out }).toEqual({ args, code: 2, out: "" });
    expect(err).toMatch(sentence);
  }
  expect(await readdir(cwd)).toEqual([]);
});

it("says in one sentence that Node is too old for it", async () => {
  // A Node that does not run TypeScript, as one before 22.18.
  const { code, err } = await colloquy(["--help"], { cwd, node: ["--no-experimental-strip-types"] });
  expect(code).toBe(1);
  expect(err).toMatch(/^Colloquy needs Node 22\.18 or newer, and this is \d+.*\n$/);
});
