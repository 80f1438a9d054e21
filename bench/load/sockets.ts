import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { CrowdQuestion } from "../processes/crowd.ts";
import type { Figure } from "../support/figure.ts";
import { type Bench, onStage } from "../support/stage.ts";
import { circles, PEOPLE } from "./shape.ts";
import { type Side, startColloquy, startPeer } from "./sides.ts";
import { residentKilobytes } from "./usage.ts";

const MOST_KILOBYTES = 12;
/** Milliseconds that a server has to come to rest, and to give back what it no longer needs. */
const SETTLED = 3_000;
const COLLECTED = 1_500;
const COLLECTIONS = 2;

const COLLECT_GARBAGE = fileURLToPath(new URL("../processes/collectGarbage.ts", import.meta.url));

/**
 * The memory that an idle socket holds, of a person who is in five threads: what a second and a third socket of
 * each person add to the resident memory. The first ones, which also pay for what is needed once, are told beside.
 * Garbage is left out: both servers are made to collect it before they are looked at.
 */
export function sockets(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "sockets", async (stage) => {
    const people = circles();
    const running = { node: ["--expose-gc", "--import", COLLECT_GARBAGE] };
    const sides = [
      await startColloquy(stage, people, [running]),
      await startPeer(bench, stage, people, running),
    ];
    const [own, peer] = [await perSocket(sides[0]!), await perSocket(sides[1]!)];
    const [unit, measurement] = ["kB", "sockets: memory of an idle one"];
    return [
      { measurement, value: own.further, unit, goal: { most: MOST_KILOBYTES } },
      { measurement: `${measurement}, and of the peer's`, value: own.further, against: peer.further, unit },
      { measurement: "sockets: memory of the first ones, each", value: own.first, against: peer.first, unit },
    ];
  });
}

async function perSocket(side: Side): Promise<{ first: number; further: number }> {
  const held: number[] = [];
  for (const sockets of [0, 1, 3]) {
    await side.crowd.ask({ sockets } satisfies CrowdQuestion);
    held.push(await heldBy(side));
  }
  const [none, one, three] = held as [number, number, number];
  return { first: (one - none) / PEOPLE, further: (three - one) / (2 * PEOPLE) };
}

async function heldBy({ servers }: Side): Promise<number> {
  const { pid } = servers[0]!;
  await sleep(SETTLED);
  for (let n = 0; n < COLLECTIONS; n++) {
    process.kill(pid, "SIGUSR2");
    await sleep(COLLECTED);
  }
  return residentKilobytes(pid);
}
