import type { CrowdQuestion } from "../processes/crowd.ts";
import { highestRate } from "./search.ts";
import type { Side } from "./sides.ts";
import type { Round } from "./tally.ts";
import { cpuSeconds, databaseCpu } from "./usage.ts";

/** Milliseconds, for 99 of 100 acknowledgements and for 99 of 100 pushes. */
export const MOST_MILLISECONDS = 100;

/** Of a round that counts. */
const SECONDS = 5;
/** Before it, at the same rate. */
const WARM_UP = 1.5;
/** More than anybody can take, to learn where to begin. */
const FLOOD = { rate: 4_000, seconds: 3 };
/** Of what was taken in the flood. */
const BEGINNING = 0.5;

/** A round, and the processor time that it took, in seconds. */
export interface Measured extends Round {
  /** Of the servers. */
  cpu: number;
  /** Of the PostgreSQL processes that serve them. */
  databaseCpu: number;
}

/** Sends at a rate, after a warm-up at the same rate. */
export async function measure(
  { crowd, servers, url }: Side,
  rate: number,
  seconds = SECONDS,
): Promise<Measured> {
  const send = (asked: { rate: number; seconds: number }) => crowd.ask<Round>(asked satisfies CrowdQuestion);
  const cpuOfServers = () => servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  await send({ rate, seconds: WARM_UP });
  const [before, databaseBefore] = [cpuOfServers(), await databaseCpu(url)];
  const round = await send({ rate, seconds });
  const cpu = cpuOfServers() - before;
  const spent = [...(await databaseCpu(url))].map(([pid, after]) => after - (databaseBefore.get(pid) ?? 0));
  return { ...round, cpu, databaseCpu: spent.reduce((sum, each) => sum + each, 0) };
}

/** The most messages a second that each side takes while everything comes in time; the sides by turns. */
export async function bestRates(sides: readonly Side[]): Promise<number[]> {
  const searches: {
    side: Side;
    search: Generator<number, number, boolean>;
    at: IteratorResult<number, number>;
  }[] = [];
  for (const side of sides) {
    await side.crowd.ask({ sockets: 1 } satisfies CrowdQuestion);
    const { acknowledged } = await side.crowd.ask<Round>(FLOOD satisfies CrowdQuestion);
    const search = highestRate((acknowledged / FLOOD.seconds) * BEGINNING);
    searches.push({ side, search, at: search.next() });
  }
  while (searches.some(({ at }) => !at.done))
    for (const each of searches) {
      if (each.at.done) continue;
      const rate = each.at.value;
      const round = await measure(each.side, rate);
      const held = isInTime(round);
      report(each.side, rate, round, held ? "held" : "too much");
      each.at = each.search.next(held);
    }
  return searches.map(({ at }) => at.value);
}

/** What was not acknowledged counts as late. */
function isInTime({ ack, delivery, missing }: Round): boolean {
  return missing === 0 && ack.p99 <= MOST_MILLISECONDS && delivery.p99 <= MOST_MILLISECONDS;
}

/** Says on the standard error how a round went. */
export function report({ name }: Side, rate: number, round: Measured, verdict = ""): void {
  const {
    ack,
    delivery,
    arrivals,
    acknowledged,
    waited,
    refused,
    missing,
    cpu,
    databaseCpu: database,
  } = round;
  const spread = ({ p50, p99 }: Round["ack"]) => `${p50.toFixed(1)}/${p99.toFixed(1)} ms`;
  const count = `${acknowledged} of ${arrivals} taken, ${refused} refused, ${waited} waited, ${missing} pushes missing`;
  const times = `ack ${spread(ack)}, delivery ${spread(delivery)}, CPU ${cpu.toFixed(2)} + ${database.toFixed(2)} s`;
  process.stderr.write(`  ${name}, ${Math.round(rate)}/s: ${count}; ${times} ${verdict}\n`);
}
