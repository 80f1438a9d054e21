import { Redis } from "ioredis";
import { type Bus, LOST, type Wake } from "./bus.ts";
import { type OnDrop, openPackets } from "./packets.ts";

/** Milliseconds in which wake-ups are gathered for one packet. */
const GATHERED = 1;
const MOST_BYTES = 65_536;
/** A node publishes on one of these channels and hears all of them: a cluster has them on different shards. */
const CHANNELS = 16;
/** Milliseconds between two looks whether a silent connection is still one, and until it must have answered. */
const HEARTBEAT = 5_000;
const PATIENCE = 2_000;
const LONGEST_PAUSE = 2_000;

export interface RedisBusOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://…` over TLS. */
  url: string;
  /** What tells the databases apart that share one Redis. */
  database: string;
  /** Told when Redis is lost, or refuses us: once each time. */
  onFault: (error: unknown) => void;
  onDrop?: OnDrop;
}

/**
 * Wake-ups over the sharded publish and subscribe of Redis 7, Valkey or what else speaks as they do. A Redis that is
 * not there is looked for again and again, and what is published meanwhile is left to the sweeps.
 */
export function openRedisBus({ url, database, onFault, onDrop = () => {} }: RedisBusOptions): Bus {
  const hearers = new Set<(wake: Wake) => void>();
  const channels = Array.from({ length: CHANNELS }, (_, n) => `colloquy:${database}:${n}`);
  const own = channels[Math.floor(Math.random() * CHANNELS)]!;
  const publisher = connect(url, onFault);
  const subscriber = connect(url, onFault);
  const packets = openPackets({
    gathered: GATHERED,
    mostBytes: MOST_BYTES,
    send: (packet) => publisher.ask((redis) => redis.spublish(own, packet)),
    onDrop,
  });

  let [published, subscribed] = [false, false];
  publisher.redis.on("ready", () => {
    // What could not be said meanwhile is not said later.
    if (published) packets.add(LOST);
    published = true;
  });
  subscriber.redis.on("ready", async () => {
    // One by one: a cluster would refuse a list of several shards.
    const asked = channels.map((channel) => subscriber.ask((redis) => redis.ssubscribe(channel)));
    const isAgain = subscribed;
    subscribed = true;
    await Promise.all(asked);
    if (isAgain) for (const heard of hearers) heard(LOST);
  });
  subscriber.redis.on("smessage", (_channel, packet) => {
    for (const wake of packets.read(packet)) for (const heard of hearers) heard(wake);
  });
  const heartbeat = setInterval(() => {
    for (const { ask } of [publisher, subscriber]) ask((redis) => redis.ping());
  }, HEARTBEAT);
  heartbeat.unref();

  return {
    kind: "redis",
    publish: packets.add,
    subscribe: (heard) => void hearers.add(heard),
    isConnected: () => [publisher, subscriber].every(({ redis }) => redis.status === "ready"),
    async close() {
      clearInterval(heartbeat);
      await packets.sent();
      publisher.redis.disconnect();
      subscriber.redis.disconnect();
    },
  };
}

interface Connection {
  redis: Redis;
  /** Never throws: what could not be said while Redis was away is not said later. False where there was no answer. */
  ask(what: (redis: Redis) => Promise<unknown>): Promise<boolean>;
}

function connect(url: string, onFault: (error: unknown) => void): Connection {
  const redis = new Redis(url, {
    connectionName: "colloquy",
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE,
    connectTimeout: PATIENCE,
    retryStrategy: pauseBefore,
  });
  let isTold = false;
  redis.on("ready", () => {
    isTold = false;
  });
  redis.on("error", tell);

  /** Once until it is well again: each attempt in vain says the same. */
  function tell({ message }: Error): void {
    // The error itself has the command with it, which may be the password.
    if (!isTold) onFault(new Error(`Redis: ${message}`));
    isTold = true;
  }

  return {
    redis,
    async ask(what) {
      if (redis.status !== "ready") return false;
      try {
        await what(redis);
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === "ReplyError") tell(error);
        // Without an answer the connection is dead, whatever TCP says of it.
        else if (redis.status === "ready") redis.disconnect(true);
        return false;
      }
    },
  };
}

/** Milliseconds, for nodes that do not all come back at once. */
function pauseBefore(attempt: number): number {
  const pause = Math.min(LONGEST_PAUSE, 50 * 2 ** Math.min(attempt, 10));
  return pause * (0.5 + Math.random() / 2);
}
