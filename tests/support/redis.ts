import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./freePort.ts";

export interface RedisServer {
  url: string;
  /** Ends it at once, as a fault would. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port; nothing happens where it runs, or was stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The system's program; null where there is none. */
export const redisProgram: string | null =
  ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;

/** What a suite that needs Redis says where it is skipped. */
export const WITHOUT_REDIS = "neither redis-server nor valkey-server is installed here";

/** A Redis on a free port that keeps nothing. It also ends when this process does. */
export async function startRedis(): Promise<RedisServer> {
  if (redisProgram === null) throw new Error(WITHOUT_REDIS);
  const program = redisProgram;
  const home = mkdtempSync(join(tmpdir(), "colloquy-redis-"));
  const port = await freePort();
  let server: ChildProcess | null = null;
  let isStopped = false;
  const kill = async (): Promise<void> => {
    const dying = server;
    server = null;
    if (dying === null || dying.exitCode !== null) return;
    const ended = once(dying, "exit");
    dying.kill("SIGKILL");
    await ended;
  };
  const killAtEnd = () => server?.kill("SIGKILL");
  process.once("exit", killAtEnd);

  async function start(): Promise<void> {
    if (isStopped || server !== null) return;
    const settings = { port, bind: "127.0.0.1", save: "", appendonly: "no", dir: home };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const starting = spawn(program, options, { stdio: "ignore" });
    server = starting;
    while (!(await answers(port))) {
      if (server !== starting) return;
      if (starting.exitCode !== null) throw new Error(`${program} ended with ${starting.exitCode}`);
      await sleep(20);
    }
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    async stop() {
      process.off("exit", killAtEnd);
      isStopped = true;
      await kill();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    const done = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => done(String(data).startsWith("+PONG")));
    socket.once("error", () => done(false));
  });
}
