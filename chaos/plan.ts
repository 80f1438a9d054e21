import { type Random, seeded } from "./random.ts";

/** What a network fault lies between: the clients and one node (by its number) or all, or the nodes and what they need. */
export type Route = number | "every node" | "postgres" | "redis";

/** A fault at a time of the run; times in seconds. */
export type Fault = { at: number; lasts: number } & (
  | { kind: "node killed" | "node stopped"; node: number }
  | { kind: "redis killed" | "postgres killed" }
  | { kind: "network reset" | "network silent" | "network slow"; route: Route }
  /** One reads nothing while others fill more towards them than is kept. */
  | { kind: "slow reader" }
  /** The clock of a process of clients goes wrong by so many hours, and is not put right again. */
  | { kind: "wrong clock"; process: number; hours: number }
);

export type FaultKind = Fault["kind"];

export interface Planned {
  seed: number;
  /** Of the whole timetable; all that it breaks is whole again at its end. */
  seconds: number;
  nodes: number;
  processes: number;
  redis: boolean;
}

const KINDS: readonly FaultKind[] = [
  "node killed",
  "node stopped",
  "postgres killed",
  "redis killed",
  "network reset",
  "network silent",
  "network slow",
  "slow reader",
  "wrong clock",
];
/** In 2 minutes; in a longer run as often for its time. */
const ROUNDS = 2;
const USUAL = 120;
/** Seconds before the first fault. */
const QUIET = 2;

/** A timetable in which every kind comes in every round, in another order. The same seed gives the same. */
export function plan({ seed, seconds, nodes, processes, redis }: Planned): Fault[] {
  const random = seeded(seed);
  const kinds = KINDS.filter((kind) => redis || kind !== "redis killed");
  const rounds = Math.max(ROUNDS, Math.round((ROUNDS * seconds) / USUAL));
  const order = Array.from({ length: rounds }, () => random.shuffled(kinds)).flat();
  const step = (seconds - QUIET) / order.length;
  return order.map((kind, index) => {
    const at = QUIET + (index + random.next() / 2) * step;
    const lasts = Math.min(lengthOf(kind, random), seconds - at);
    return { at, lasts, ...detailsOf(kind, random, { nodes, processes, redis }) } as Fault;
  });
}

function lengthOf(kind: FaultKind, random: Random): number {
  if (kind === "wrong clock") return 0;
  if (kind === "node killed" || kind === "node stopped") return random.between(1, 3);
  if (kind === "postgres killed") return random.between(0.5, 3);
  if (kind === "redis killed") return random.between(2, 6);
  return random.between(2, 8);
}

function detailsOf(
  kind: FaultKind,
  random: Random,
  { nodes, processes, redis }: Pick<Planned, "nodes" | "processes" | "redis">,
): object {
  const node = Math.floor(random.next() * nodes);
  if (kind.startsWith("node")) return { kind, node };
  if (kind === "wrong clock") {
    const hours = Math.round(random.between(1, 48)) * (random.chance(0.5) ? 1 : -1);
    return { kind, process: Math.floor(random.next() * processes), hours };
  }
  if (!kind.startsWith("network")) return { kind };
  const routes: Route[] = [node, node, "every node", "postgres", ...(redis ? (["redis"] as const) : [])];
  return { kind, route: random.pick(routes) };
}
