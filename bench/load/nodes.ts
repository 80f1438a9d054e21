import { availableParallelism } from "node:os";
import { redisProgram, startRedis, WITHOUT_REDIS } from "../../tests/support/redis.ts";
import type { Figure } from "../support/figure.ts";
import { type Bench, onStage } from "../support/stage.ts";
import { bestRates, MOST_MILLISECONDS } from "./rounds.ts";
import { circles } from "./shape.ts";
import { startColloquy } from "./sides.ts";

const LEAST = 1.6;

/**
 * Two nodes that share a database and a Redis, with half of the sockets and half of the messages each, against one
 * node with a database of its own. It takes cores that one node leaves idle.
 */
export async function nodes(bench: Bench): Promise<Figure[]> {
  if (redisProgram === null) {
    process.stderr.write(`  Not measured: ${WITHOUT_REDIS}\n`);
    return [];
  }
  const redis = await startRedis();
  const environment = { REDIS_URL: redis.url };
  const people = circles();
  try {
    return await onStage(bench, "nodes_one", (alone) =>
      onStage(bench, "nodes_two", async (shared) => {
        const one = await startColloquy(alone, people);
        const two = await startColloquy(shared, people, [
          { name: "nodes_two_first", environment },
          { name: "nodes_two_second", environment },
        ]);
        const sides = [
          { ...two, name: "two nodes" },
          { ...one, name: "one node" },
        ];
        const [value, against] = (await bestRates(sides)) as [number, number];
        return [
          {
            measurement: `load: two nodes against one on ${availableParallelism()} cores, p99 ≤ ${MOST_MILLISECONDS} ms`,
            value,
            against,
            unit: "/s",
            goal: { least: LEAST },
          },
        ];
      }),
    );
  } finally {
    await redis.stop();
  }
}
