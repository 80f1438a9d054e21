import cluster, { type Worker } from "node:cluster";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkSettings } from "../checkSettings.ts";
import type { Readings } from "../metrics/readings.ts";
import type { SettingsInput } from "../settings.ts";
import { Refusal, UsageError } from "./failures.ts";
import { answerWithReadings, readingsOf } from "./nodeReadings.ts";
import { sentenceOf } from "./sentences.ts";
import { listen, openStandalone } from "./standalone.ts";

const MOST_NODES = 64;
/** Milliseconds before an ended node is replaced: doubled each time, until one has lived for longer than the longest. */
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** Milliseconds for what is under way when the primary is gone: nobody is left to end a node that hangs. */
const LAST_WORDS = 10_000;

/** What a node tells the primary: the address that it serves, or why it cannot; and its metrics, when it is asked. */
type Report = { url: string } | { failure: string } | { readings: Readings };

/** Processes that serve as one. */
export interface Nodes {
  /** The address, once all of them serve. @throws Refusal once where one cannot start; then none is left */
  ready: Promise<string>;
  /** The metrics of the nodes that tell them in time. */
  readings(): Promise<Readings[]>;
  /** Lets each finish what is under way, and waits for their ends. */
  stop(): Promise<void>;
}

/** How many nodes an option asks for. @throws UsageError */
export function readNodes(given: string | undefined): number {
  if (given === undefined) return 1;
  const count = /^\d+$/.test(given) ? Number(given) : 0;
  if (count < 1 || count > MOST_NODES)
    throw new UsageError(`--nodes must be a whole number from 1 to ${MOST_NODES}`);
  return count;
}

/**
 * Does once what would be refused, or done, by each node: the database is brought up to date, and in development has
 * its people. @throws Refusal where only one process may have the database open
 */
export async function prepareForNodes(settings: SettingsInput): Promise<void> {
  if (!/^postgres(ql)?:/.test(checkSettings(settings).database))
    throw new Refusal(
      "--nodes needs PostgreSQL, such as postgres://… in COLLOQUY_DATABASE: only one process may have the embedded database open",
    );
  const colloquy = await openStandalone(settings);
  await colloquy.close();
}

/** Starts this same command once more for each node, and replaces those that end before they are told to. */
export function startNodes(count: number, settings: SettingsInput): Nodes {
  const args = process.argv.slice(2);
  // A ticket that one node signs opens a socket on any.
  const environment =
    checkSettings(settings).auth.secret === undefined
      ? { COLLOQUY_AUTH_SECRET: randomBytes(32).toString("hex") }
      : {};
  const stopping = new AbortController();
  const running = new Set<Worker>();
  const serving = new Set<Worker>();
  const { promise: ready, resolve: announce, reject: refuse } = Promise.withResolvers<string>();
  let home: string | null = null;
  let isReady = false;
  let asking: Promise<Readings[]> | null = null;

  function serves(worker: Worker, url: string): void {
    home ??= url;
    // With port 0 the nodes share a free port for as long as one of them has it; a late one may get another.
    if (url !== home) return void worker.process.kill("SIGTERM");
    serving.add(worker);
    if (serving.size < count) return;
    isReady = true;
    announce(home);
  }

  /** From a node's start to its end; answers why it ended. */
  async function live(): Promise<string> {
    // When none has the port any more, it is asked for by its number.
    if (home !== null && serving.size === 0)
      cluster.setupPrimary({ args: [...args, "--port", new URL(home).port || "80"] });
    const worker = cluster.fork(environment);
    running.add(worker);
    let failure: string | null = null;
    worker.on("message", (report: Report) => {
      if ("url" in report) serves(worker, report.url);
      else if ("failure" in report) failure = report.failure;
    });
    const end = await new Promise<string>((resolve) => {
      worker.once("error", ({ message }) => resolve(message));
      worker.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    running.delete(worker);
    serving.delete(worker);
    return failure ?? `Node ${worker.process.pid} exited unexpectedly: ${end}`;
  }

  async function keep(): Promise<void> {
    let pause = SHORTEST_PAUSE;
    while (!stopping.signal.aborted) {
      const started = Date.now();
      const why = await live();
      if (stopping.signal.aborted) return;
      if (!isReady) return refuse(new Refusal(why));
      if (Date.now() - started > LONGEST_PAUSE) pause = SHORTEST_PAUSE;
      process.stderr.write(`${why}\nAnother node replaces it in ${pause} ms\n`);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  cluster.setupPrimary({ args });
  const kept = Array.from({ length: count }, keep);
  async function stop(): Promise<void> {
    stopping.abort();
    for (const { process } of running) process.kill("SIGTERM");
    await Promise.all(kept);
  }
  return {
    ready: ready.catch(async (refusal) => {
      await stop();
      throw refusal;
    }),
    readings() {
      asking ??= readingsOf(serving).finally(() => {
        asking = null;
      });
      return asking;
    },
    stop,
  };
}

/** Resolves when this node is to stop: at a signal, which the primary sends, or when the primary is gone. */
export function untilDismissed(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDismissed = false;
  const dismiss = () => {
    isDismissed = true;
    resolve();
  };
  // A terminal's Ctrl-C reaches all processes, and then the primary passes it on: to be told twice means nothing.
  process.on("SIGTERM", dismiss);
  process.on("SIGINT", dismiss);
  cluster.worker?.once("disconnect", () => {
    // A primary that does not wait for its nodes was told to end at once.
    if (isDismissed) process.exit(1);
    // Otherwise `cluster` ends the process here, whatever is under way.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    setTimeout(() => process.exit(1), LAST_WORDS).unref();
    dismiss();
  });
  return promise;
}

/** Serves as one of the nodes; the primary says for it what there is to say. Answers the exit code. */
export async function serveAsNode(
  settings: Promise<SettingsInput>,
  dismissed: Promise<void>,
): Promise<number> {
  try {
    const colloquy = await openStandalone(await settings);
    answerWithReadings(colloquy.readings);
    await report({ url: await listen(colloquy) });
    await dismissed;
    await colloquy.close();
    return 0;
  } catch (error) {
    await report({ failure: sentenceOf(error) ?? (error as Error)?.stack ?? String(error) });
    return 1;
  } finally {
    // Nothing else keeps the process.
    process.channel?.unref();
  }
}

function report(what: Report): Promise<void> {
  return new Promise((resolve) => {
    // Where the primary is gone nobody needs to know.
    if (!process.connected) resolve();
    else process.send?.(what, undefined, {}, () => resolve());
  });
}
