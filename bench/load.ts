import { bestRates, type Measured, MOST_MILLISECONDS, measure, report } from "./load/rounds.ts";
import { circles } from "./load/shape.ts";
import { type Side, startColloquy, startPeer } from "./load/sides.ts";
import type { Figure } from "./support/figure.ts";
import { type Bench, onStage } from "./support/stage.ts";

const LEAST_RATE = 1.5;
const LEAST_PER_CPU_SECOND = 2;
/** Of the smaller of the best rates: what times and processor time are compared at. */
const MODERATE = 0.6;
/** Of its own best rate: what processor time is told at besides, for whoever plans for that. */
const BUSY = 0.9;
const SECONDS = 8;

/**
 * Messages of 200 bytes to 1,000 threads of 10 people with a socket each, as they come: against the peer, which
 * commits as durably to the same PostgreSQL.
 */
export function load(bench: Bench): Promise<Figure[]> {
  return onStage(bench, "load", async (stage) => {
    const people = circles();
    const sides = [await startColloquy(stage, people), await startPeer(bench, stage, people)];
    const [value, against] = (await bestRates(sides)) as [number, number];

    const at = async (side: Side, rate: number) => {
      const round = await measure(side, rate, SECONDS);
      report(side, rate, round);
      return round;
    };
    const rate = MODERATE * Math.min(value, against);
    const rounds: Measured[] = [];
    for (const side of sides) rounds.push(await at(side, rate));
    const perCpuSecond = ({ deliveries, cpu }: Measured) => deliveries / cpu;
    const inAll = ({ deliveries, cpu, databaseCpu }: Measured) => deliveries / (cpu + databaseCpu);
    const busy = [await at(sides[0]!, BUSY * value), await at(sides[1]!, BUSY * against)] as const;
    const compare = (measurement: string, unit: string, of: (round: Measured) => number): Figure => ({
      measurement: `load at ${Math.round(rate)}/s: ${measurement}`,
      value: of(rounds[0]!),
      against: of(rounds[1]!),
      unit,
    });
    const perThousand = (seconds: number, { deliveries }: Measured) => (seconds * 1_000) / deliveries;
    return [
      {
        measurement: `load: messages with p99 ≤ ${MOST_MILLISECONDS} ms`,
        value,
        against,
        unit: "/s",
        goal: { least: LEAST_RATE },
      },
      compare("acknowledged, p50", "ms", ({ ack }) => ack.p50),
      compare("acknowledged, p99", "ms", ({ ack }) => ack.p99),
      compare("delivered, p50", "ms", ({ delivery }) => delivery.p50),
      compare("delivered, p99", "ms", ({ delivery }) => delivery.p99),
      compare("CPU per 1,000 deliveries", "s", (round) => perThousand(round.cpu, round)),
      compare("PostgreSQL's CPU per 1,000 deliveries", "s", (round) => perThousand(round.databaseCpu, round)),
      {
        ...compare("deliveries per CPU second", "/s", perCpuSecond),
        goal: { least: LEAST_PER_CPU_SECOND },
      },
      compare("the same with PostgreSQL's CPU", "/s", inAll),
      {
        measurement: `load at ${BUSY} of its own best rate each: deliveries per CPU second`,
        value: perCpuSecond(busy[0]),
        against: perCpuSecond(busy[1]),
        unit: "/s",
      },
      {
        measurement: `load at ${BUSY} of its own best rate each: the same with PostgreSQL's CPU`,
        value: inAll(busy[0]),
        against: inAll(busy[1]),
        unit: "/s",
      },
    ];
  });
}
