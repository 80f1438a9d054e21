import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { fileURLToPath } from "node:url";
import { inject, onTestFinished, vi } from "vitest";
import { main } from "../../packages/server/src/cli/main.ts";
import { openPglite } from "../../packages/server/src/database/pglite.ts";

const BINARY = fileURLToPath(new URL("../../packages/server/bin/colloquy.js", import.meta.url));

/** Milliseconds for an answer. */
export const PATIENCE = 60_000;

export interface Call {
  cwd: string;
  /** Beside the test's own environment, which says nothing to Colloquy. */
  env?: Record<string, string>;
  /** What stands in the standard input. */
  input?: string;
  /** Flags of Node itself. */
  node?: string[];
  /** With a shell between, which is then what signals reach. */
  shell?: boolean;
}

export interface Called {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `colloquy` to its end. */
export async function colloquy(args: string[], call: Call): Promise<Called> {
  const child = start(args, call);
  child.stdin!.end(call.input ?? "");
  const [out, err] = [collected(child.stdout!), collected(child.stderr!)];
  const [code] = await once(child, "close");
  return { code, out: out(), err: err() };
}

/**
 * Calls it in this process, without an input: a new one takes a second of a processor until it has read the program,
 * and another one until it has an embedded database. One call after the other, since a process has one directory and
 * one environment.
 */
export function colloquyHere(args: string[], call: Pick<Call, "cwd" | "env">): Promise<Called> {
  const called = before.then(() => callHere(args, call));
  before = called.catch(() => {});
  return called;
}

let before: Promise<unknown> = Promise.resolve();

async function callHere(args: string[], { cwd, env = {} }: Pick<Call, "cwd" | "env">): Promise<Called> {
  const home = process.cwd();
  const forgetListeners = listeners();
  const [out, err] = [said(process.stdout), said(process.stderr)];
  for (const name of Object.keys(process.env).filter((name) => name.startsWith("COLLOQUY_")))
    vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries({ COLLOQUY_METRICS_SERVE: "false", ...env }))
    vi.stubEnv(name, value);
  process.chdir(cwd);
  try {
    const code = await main(args);
    return { code, out: out.text(), err: err.text() };
  } finally {
    process.chdir(home);
    vi.unstubAllEnvs();
    for (const { spy } of [out, err]) spy.mockRestore();
    forgetListeners();
  }
}

/** A command listens to its process, which ends with it elsewhere. Answers how to forget those who do since. */
function listeners(): () => void {
  const heard: [NodeJS.EventEmitter, string][] = [
    [process.stdout, "error"],
    [process.stdout, "close"],
    [process, "SIGTERM"],
    [process, "SIGINT"],
  ];
  const already = heard.map(([emitter, name]) => emitter.listeners(name));
  return () => {
    for (const [index, [emitter, name]] of heard.entries())
      for (const listener of emitter.listeners(name))
        if (!already[index]!.includes(listener)) emitter.off(name, listener as () => void);
  };
}

function said(stream: NodeJS.WriteStream) {
  let text = "";
  const spy = vi.spyOn(stream, "write").mockImplementation((chunk: Uint8Array | string) => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return true;
  });
  return { spy, text: () => text };
}

export interface Serving {
  /** What it printed when it was ready, and since. */
  said(): string;
  /** What it has said on the standard error. */
  complained(): string;
  url: string;
  /** Asks the API as somebody. */
  ask(user: number, path: string): Promise<Response>;
  /** Sends a signal and waits for the end; answers the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  child: ChildProcess;
}

/** Starts `colloquy serve` or `demo` on a free port and waits until it says its URL. It does not outlive the test. */
export async function serving(args: string[], call: Call): Promise<Serving> {
  const child = start(args, { ...call, env: { COLLOQUY_PORT: "0", ...call.env } });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const [out, err] = [collected(child.stdout!), collected(child.stderr!)];
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await Promise.race([once(child.stdout!, "data"), ended]);
  const url = /http:\/\/\S+/.exec(out())?.[0];
  if (url === undefined) throw new Error(`It did not start: ${out()}${err()}`);
  return {
    said: out,
    complained: err,
    url,
    // A connection that was just being handed to a process that is killed is never answered.
    ask: (user, path) =>
      fetch(url + path, {
        headers: { "x-user-id": String(user) },
        signal: AbortSignal.timeout(PATIENCE),
      }),
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
    child,
  };
}

/** Makes an embedded database from the template of the tests, in a tenth of the time that a server takes. */
export async function makeDirectory(directory: string): Promise<void> {
  const provided = inject("database");
  if (provided.kind !== "pglite") throw new Error("Only the project `pglite` has a template of files");
  const database = await openPglite(directory, { template: await openAsBlob(provided.template) });
  await database.close();
}

function start(args: string[], { cwd, env, node = [], shell = false }: Call): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("COLLOQUY_"));
  // Many run at once, and only one can have the port.
  own.push(["COLLOQUY_METRICS_SERVE", "false"]);
  const command = [process.execPath, ...node, BINARY, ...args];
  // A second command keeps the shell from becoming the first.
  const [program, ...rest] = shell ? ["sh", "-c", '"$@"; exit', "sh", ...command] : command;
  return spawn(program!, rest, { cwd, env: { ...Object.fromEntries(own), ...env } });
}

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk) => {
    text += chunk;
  });
  return () => text;
}
