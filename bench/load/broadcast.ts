import type { Broadcast, BroadcastQuestion } from "../peer/broadcast.ts";
import type { CrowdQuestion } from "../processes/crowd.ts";
import { type Child, startChild } from "../support/child.ts";
import type { Figure } from "../support/figure.ts";
import { type Bench, onStage, type Stage } from "../support/stage.ts";
import { type Measured, measure, report } from "./rounds.ts";
import { circles, everybody, MEMBERS, PEOPLE } from "./shape.ts";
import { type Side, startColloquy, startCrowd } from "./sides.ts";

const LEAST = 0.5;
const SECONDS = 8;
/** Messages a second: as many deliveries in both shapes, which a server has time for. */
const MANY_THREADS = 200;
const ONE_THREAD = 2;

/**
 * What delivering costs: the processor time of a rate of messages with everybody's socket, less that of the same
 * rate with none. Against a bare `ws` server that sends frames of the same size as often to as many sockets.
 */
export async function broadcast(bench: Bench): Promise<Figure[]> {
  return [
    ...(await onStage(bench, "broadcast_many", (stage) =>
      compare(stage, circles(), MANY_THREADS, `${MEMBERS} sockets a thread`),
    )),
    ...(await onStage(bench, "broadcast_one", (stage) =>
      compare(stage, everybody(), ONE_THREAD, `one thread of ${PEOPLE.toLocaleString("en")}`),
    )),
  ];
}

async function compare(stage: Stage, people: number[][], rate: number, shape: string): Promise<Figure[]> {
  const side = await startColloquy(stage, people);
  const without = await round(side, 0, rate);
  const delivered = await round(side, 1, rate);
  await side.crowd.ask({ sockets: 0 } satisfies CrowdQuestion);
  const sending = (without.cpu / without.arrivals) * delivered.arrivals;
  const bytes = Math.round(delivered.bytes / delivered.deliveries);
  const bare = await broadcastBare(stage, people, bytes, rate);
  return [
    {
      measurement: `broadcast: ${shape}, deliveries per CPU second`,
      value: delivered.deliveries / (delivered.cpu - sending),
      against: bare,
      unit: "/s",
      goal: { least: LEAST },
    },
    { measurement: `broadcast: ${shape}, a frame`, value: bytes, unit: "bytes" },
    { measurement: `broadcast: ${shape}, delivered, p99`, value: delivered.delivery.p99, unit: "ms" },
  ];
}

async function round(side: Side, sockets: number, rate: number): Promise<Measured> {
  await side.crowd.ask({ sockets } satisfies CrowdQuestion);
  const measured = await measure(side, rate, SECONDS);
  report(side, rate, measured, sockets === 0 ? "without sockets" : "");
  return measured;
}

/** Deliveries per CPU second of the bare server. */
async function broadcastBare(stage: Stage, people: number[][], bytes: number, rate: number): Promise<number> {
  const bare: Child = stage.keep(startChild("broadcast"));
  const address = await bare.ask<string>({ circles: people, bytes } satisfies BroadcastQuestion);
  const send = (seconds: number) => bare.ask<Broadcast>({ rate, seconds } satisfies BroadcastQuestion);
  const without = await send(SECONDS);
  const numbers = Array.from({ length: PEOPLE }, (_, n) => String(n + 1));
  const crowd = await startCrowd(stage, {
    dialect: "bare",
    addresses: [address],
    tokens: numbers,
    threads: [],
  });
  await crowd.ask({ sockets: 1 } satisfies CrowdQuestion);
  await send(SECONDS / 4);
  const { deliveries, cpuSeconds } = await send(SECONDS);
  return deliveries / (cpuSeconds - without.cpuSeconds);
}
