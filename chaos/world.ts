import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../tests/support/postgres.ts";
import { type RedisServer, redisProgram, startRedis } from "../tests/support/redis.ts";
import { type Child, startChild } from "./child.ts";
import { type ServerNode, startNode } from "./node.ts";
import type { ProxyQuestions } from "./proxy.ts";
import type { Random } from "./random.ts";
import { makeSetting, type Setting } from "./setting.ts";

/** Everything that serves: each in a process of its own, and all connections through the proxy. */
export interface World {
  postgres: PostgresServer;
  /** Of the database, past the proxy. */
  databaseUrl: string;
  redis: RedisServer | null;
  proxy: Child<ProxyQuestions>;
  nodes: ServerNode[];
  /** Where clients find the nodes. */
  addresses: string[];
  setting: Setting;
  stop(): Promise<void>;
}

export interface WorldOptions {
  nodes: number;
  random: Random;
  /** Whether Redis carries the wake-ups, where it is installed. */
  redis: boolean;
  /** A directory for what the nodes log; null for nowhere. */
  logs: string | null;
}

export async function startWorld({
  nodes: count,
  random,
  redis: wanted,
  logs,
}: WorldOptions): Promise<World> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.toReversed()) await end();
  };
  try {
    const postgres = await startPostgres({ durable: true, port: await lastingPort(random) });
    stops.push(postgres.stop);
    const secret = randomBytes(32).toString("hex");
    const { url, setting } = await makeSetting(postgres, secret, random);
    const redis = wanted && redisProgram !== null ? await startRedis() : null;
    if (redis !== null) stops.push(redis.stop);
    const proxy = startChild<ProxyQuestions>(new URL("proxy.ts", import.meta.url));
    stops.push(proxy.stop);

    const env = {
      COLLOQUY_AUTH_SECRET: secret,
      COLLOQUY_DATABASE: await through(proxy, "postgres", url),
      COLLOQUY_METRICS_SERVE: "false",
      COLLOQUY_THREADS_CREATOR_PERMISSIONS: "8191",
      REDIS_URL: redis === null ? "" : await through(proxy, "redis", redis.url),
    };
    const nodes: ServerNode[] = [];
    const addresses: string[] = [];
    for (let index = 0; index < count; index++) {
      const log = logs === null ? null : join(logs, `node-${index + 1}.log`);
      const port = await lastingPort(random);
      const node = await startNode({ name: `node ${index + 1}`, port, env, log });
      stops.push(node.kill);
      nodes.push(node);
      addresses.push(`http://127.0.0.1:${await proxy.ask("open", String(index), port)}`);
    }
    return { postgres, databaseUrl: url, redis, proxy, nodes, addresses, setting, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A free port that stays free while nobody listens: those that the system gives out it gives to outgoing connections,
 * too, and one of these would have it when a server comes back.
 */
async function lastingPort(random: Random): Promise<number> {
  for (;;) {
    const port = Math.floor(random.between(20_000, 32_000));
    const probe = createServer();
    const isFree = await once(probe.listen(port, "127.0.0.1"), "listening").catch(() => null);
    if (isFree === null) continue;
    probe.close();
    await once(probe, "close");
    return port;
  }
}

/** The same URL by way of the proxy. */
async function through(proxy: Child<ProxyQuestions>, name: string, url: string): Promise<string> {
  const address = new URL(url);
  address.port = String(await proxy.ask("open", name, Number(address.port)));
  return address.href;
}
