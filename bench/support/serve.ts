import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";

/** A server in a process of its own. */
export interface Served {
  address: string;
  pid: number;
  /** From its start to the line that says it is ready. */
  seconds: number;
  stop(): Promise<void>;
}

export interface Running {
  /** Flags of Node itself. */
  node?: readonly string[];
  environment?: Record<string, string>;
}

const COMMAND = fileURLToPath(new URL("../../packages/server/bin/colloquy.js", import.meta.url));

/** `colloquy serve`. */
export function serve(
  database: string,
  { secret, node = [], environment }: Running & { secret: string },
): Promise<Served> {
  return startServer([COMMAND, "serve", "--port", "0", "--database", database], {
    node,
    environment: { COLLOQUY_AUTH_SECRET: secret, COLLOQUY_METRICS_SERVE: "false", ...environment },
  });
}

/** A program that says its address when it is ready. */
export async function startServer(
  program: readonly string[],
  { node = [], environment }: Running,
): Promise<Served> {
  const from = performance.now();
  const server = spawn(process.execPath, [...node, ...program], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => server.kill();
  process.once("exit", kill);
  const ended = once(server, "exit");
  for await (const line of createInterface(server.stdout)) {
    const address = /http:\S+/.exec(line)?.[0];
    if (address === undefined) continue;
    return {
      address,
      pid: server.pid!,
      seconds: (performance.now() - from) / 1000,
      async stop() {
        process.off("exit", kill);
        kill();
        await ended;
      },
    };
  }
  throw new Error("The server did not start: see above");
}
