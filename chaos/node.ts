import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../packages/server/bin/colloquy.js", import.meta.url));
/** Milliseconds in which a node that is asked to stop must have done so, and one that starts must serve or end. */
const PATIENCE = 30_000;

/** A `colloquy serve` that keeps its port, however often it ends. */
export interface ServerNode {
  /** Where it listens, with nothing between. */
  address: string;
  /** Of the process that serves now. */
  pid(): number;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** Starts it, again and again until it serves: what it needs may be away. */
  start(): Promise<void>;
  /** What it should have done by itself and did not, so that it was killed. */
  stuck: string[];
}

export interface NodeOptions {
  name: string;
  /** Where it listens. */
  port: number;
  env: Record<string, string>;
  /** A file that takes what it logs; null for nowhere. */
  log: string | null;
}

export async function startNode({ name, port, env, log }: NodeOptions): Promise<ServerNode> {
  let running: ChildProcess | null = null;
  const stuck: string[] = [];
  process.once("exit", () => running?.kill("SIGKILL"));

  /** Starts it once. Answers whether it serves, or has ended before. */
  async function serves(): Promise<boolean> {
    const child = spawn(process.execPath, [COMMAND, "serve", "--port", String(port)], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running = child;
    let said = "nothing";
    const ready = Promise.withResolvers<boolean>();
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        said = line;
        if (log !== null) appendFileSync(log, `${line}\n`);
        if (line.startsWith("Colloquy listens on")) ready.resolve(true);
      });
    const ended = endOf(child);
    const outcome = await within(PATIENCE, Promise.race([ready.promise, ended.then(() => false)]));
    if (outcome === null) await kill(child, `${name} neither served nor ended, having said ${said}`);
    return outcome ?? false;
  }

  async function kill(child: ChildProcess, why: string): Promise<void> {
    stuck.push(why);
    const ended = endOf(child);
    child.kill("SIGKILL");
    await ended;
  }

  if (!(await serves())) throw new Error("A node did not start: --logs says why");
  return {
    stuck,
    address: `http://127.0.0.1:${port}`,
    pid: () => running!.pid!,
    async kill() {
      const ended = endOf(running!);
      running!.kill("SIGKILL");
      await ended;
    },
    async stop() {
      const ended = endOf(running!);
      running!.kill("SIGTERM");
      if ((await within(PATIENCE, ended)) === null)
        await kill(running!, `${name} did not stop when asked to`);
    },
    async start() {
      while (!(await serves())) await sleep(200);
    },
  };
}

/** Resolves when it has ended, also where it had before. */
async function endOf(child: ChildProcess): Promise<true> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return true;
}

/** What comes of it in so many milliseconds; null for nothing. */
function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result | null> {
  return Promise.race([work, sleep(milliseconds, null, { ref: false })]);
}
