// Runs every code block of README.md and docs/, so that no page tells what is not so. With file names, only those.
//
//   ```ts        a program of its own: type-checked, then run against the packages of this repository
//   ```sh        run by bash; http://localhost:8000 is a `colloquy serve --dev` started here, on an empty database
//   ```json      parsed; a schema document must load, and the checker must find no error in it
//   ```text      shown only
//
// After `sh` an info string may say `(not run: REASON)`, or `(refused)` where curl must get a 4xx. One of `json
// answer` says what the last `sh` above it prints: that must hold all that is written here.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { check, FORMAT, load } from "@colloquy/engine";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Below the root, so that imports find the workspace; ignored by git. */
const PROGRAMS = join(ROOT, ".colloquy/docs");
const SECONDS = 60_000;
const run = promisify(execFile);

interface Block {
  file: string;
  line: number;
  language: string;
  info: string;
  code: string;
}

/** What is wrong with a block, in words; null for nothing. */
type Verdict = string | null;

const asked = process.argv.slice(2);
const files = asked.length > 0 ? asked : ["README.md", ...globSync("docs/*.md", { cwd: ROOT }).sort()];
const pages = files.map((file) => ({ file, text: readFileSync(join(ROOT, file), "utf8") }));
const blocks = pages.flatMap(({ file, text }) => blocksOf(file, text));
const counts: Record<string, number> = {};
const failures = pages.flatMap(({ file, text }) => [...brokenLinks(file, text), ...lostFences(file, text)]);

await runPrograms(blocks.filter(({ language }) => language === "ts"));
await runCommands(blocks.filter(({ language }) => language !== "ts"));

const told = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
process.stdout.write(`${files.length} pages: ${told.join(", ")}\n`);
for (const failure of failures) process.stderr.write(`${failure}\n`);
if (failures.length > 0) process.exitCode = 1;

function blocksOf(file: string, text: string): Block[] {
  return [...text.matchAll(/^```(\w*) *(.*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = "", info = "", code = ""] = match;
    return { file, line: text.slice(0, match.index).split("\n").length, language, info, code };
  });
}

function brokenLinks(file: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)#:\s]*)(?:#([^)\s]*))?\)/g)].flatMap(([, target = "", anchor]) => {
    const path = join(ROOT, target === "" ? file : join(dirname(file), target));
    if (!existsSync(path)) return [`${file}: there is no ${target}`];
    if (anchor === undefined || anchorsOf(readFileSync(path, "utf8")).includes(anchor)) return [];
    return [`${file}: there is no heading #${anchor} in ${target || file}`];
  });
}

/** What links call the headings of a page, as GitHub derives it. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** A fence that is indented or never closed would otherwise go by unseen. */
function lostFences(file: string, text: string): string[] {
  const fences = text.match(/^[ \t]*(```|~~~)/gm)?.length ?? 0;
  return fences === 2 * blocksOf(file, text).length
    ? []
    : [`${file}: a code block is indented or not closed`];
}

function judge({ file, line }: Block, what: string, verdict: Verdict): void {
  if (verdict === null) counts[what] = (counts[what] ?? 0) + 1;
  else failures.push(`${file}:${line}: ${verdict}`);
}

async function runPrograms(programs: Block[]): Promise<void> {
  if (programs.length === 0) return; // the compiler takes no input for a mistake
  rmSync(PROGRAMS, { recursive: true, force: true });
  mkdirSync(PROGRAMS, { recursive: true });
  const named = programs.map((block) => ({
    block,
    name: `${block.file.replace(/\W+/g, "-")}-${block.line}.ts`,
  }));
  for (const { block, name } of named) writeFileSync(join(PROGRAMS, name), `${block.code}export {};\n`);
  const config = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] };
  writeFileSync(join(PROGRAMS, "tsconfig.json"), JSON.stringify(config));

  const types = await outcomeOf("npx", ["tsc", "-p", PROGRAMS]);
  if (types.failed) failures.push(`Types of the programs in the pages:\n${types.output}`);
  const waiting = [...named];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { failed, output } = await outcomeOf(process.execPath, [join(PROGRAMS, next.name)]);
      judge(next.block, "programs run", failed ? `the program failed\n${output}` : null);
    }
  };
  await Promise.all([worker(), worker()]);
}

async function runCommands(others: Block[]): Promise<void> {
  const needsServer = others.some(({ language, info }) => language === "sh" && !info.startsWith("(not run"));
  const server = needsServer ? await startServer() : null;
  let printed = "";
  for (const block of others) {
    const { language, info, code } = block;
    if (language === "json") {
      const verdict = info === "answer" ? answerVerdict(code, printed) : documentVerdict(code);
      judge(block, info === "answer" ? "answers compared" : "JSON texts checked", verdict);
    } else if (language === "sh" && info.startsWith("(not run")) {
      const why = /^\(not run: .{10,}\)$/.test(info) ? null : "why is it not run?";
      judge(block, "commands left out with a reason", why);
    } else if (language === "sh") {
      const { failed, stdout, output } = await outcomeOf("bash", [
        "-euo",
        "pipefail",
        "-c",
        script(code, server!.url),
      ]);
      printed = stdout;
      const wrong = failed !== (info === "(refused)");
      judge(
        block,
        "commands run",
        wrong ? `the command ${failed ? "failed" : "succeeded"}\n${output}` : null,
      );
    } else if (language !== "text")
      judge(block, "", `a block of ${language || "no language"} is neither run nor checked`);
  }
  server?.process.kill("SIGTERM");
}

function script(code: string, url: string): string {
  const strict = 'curl() { command curl --silent --show-error --fail-with-body --max-time 20 "$@"; }\n';
  return strict + code.replaceAll("http://localhost:8000", url);
}

async function startServer(): Promise<{ process: ChildProcess; url: string }> {
  const bin = join(ROOT, "packages/server/bin/colloquy.js");
  const server = spawn(process.execPath, [bin, "serve", "--dev", "--database", "memory:", "--port", "0"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface(server.stdout!);
  const [line] = await Promise.race([once(lines, "line"), once(server, "exit").then(() => [""])]);
  const url = /http:\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error("`colloquy serve --dev` did not start");
  return { process: server, url };
}

interface Outcome {
  failed: boolean;
  stdout: string;
  /** What was printed anywhere, or else why it failed. */
  output: string;
}

async function outcomeOf(command: string, args: string[]): Promise<Outcome> {
  try {
    const { stdout } = await run(command, args, { cwd: ROOT, timeout: SECONDS, maxBuffer: 2 ** 26 });
    return { failed: false, stdout, output: stdout };
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    return { failed: true, stdout, output: stdout + stderr || message };
  }
}

function documentVerdict(code: string): Verdict {
  const parsed = parse(code);
  if (typeof parsed === "string") return parsed;
  if ((parsed.value as { format?: unknown } | null)?.format !== FORMAT) return null;
  const loaded = load(parsed.value);
  if ("problems" in loaded) return `no schema document: ${JSON.stringify(loaded.problems)}`;
  const errors = check(loaded.schema).filter(({ severity }) => severity === "error");
  return errors.length === 0 ? null : `the checker finds ${JSON.stringify(errors)}`;
}

function answerVerdict(code: string, printed: string): Verdict {
  const [wanted, got] = [parse(code), parse(printed)];
  if (typeof wanted === "string") return wanted;
  if (typeof got === "string") return `what was printed is no JSON: ${printed}`;
  return holds(got.value, wanted.value) ? null : `the answer was ${printed}`;
}

function parse(text: string): { value: unknown } | string {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
}

/** Whether everything of `part` is in `whole`: keys may be more, lists and values may not differ. */
function holds(whole: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null || typeof whole !== "object" || whole === null)
    return whole === part;
  if (Array.isArray(part) && (!Array.isArray(whole) || whole.length !== part.length)) return false;
  return Object.entries(part).every(([key, value]) => holds(whole[key as keyof typeof whole], value));
}
