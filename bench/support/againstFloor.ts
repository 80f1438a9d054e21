import { type Figure, median } from "./figure.ts";
import type { HttpRequest } from "./keepAlive.ts";
import type { Lane, Round } from "./lanes.ts";
import type { Sent } from "./recording.ts";
import type { Stage } from "./stage.ts";

/** The connections to the database: those of the server's pool, and the floor's. */
export const DATABASE_CONNECTIONS = 10;
/** As many clients as keep the pool busy. */
export const HTTP_CONNECTIONS = 20;

const ROUNDS = 5;
const SECONDS = 1.2;

/** The server's rate and the floor's, in rounds by turns: whatever else the machine does meets both. */
export async function againstFloor(
  stage: Stage,
  measurement: string,
  least: number,
  { server, floor }: { server: Lane<HttpRequest>[]; floor: Lane<Sent[]>[] },
): Promise<Figure> {
  const { address } = await stage.startServer();
  const sides = [await stage.startLoad(address, server), await stage.startFloor(floor)];
  const rates: number[][] = sides.map(() => []);
  for (let round = -1; round < ROUNDS; round++)
    for (const [side, child] of sides.entries()) {
      const { count, seconds } = await child.ask<Round>({ seconds: SECONDS });
      // The round before the first warms up both.
      if (round >= 0) rates[side]!.push(count / seconds);
    }
  const [value, against] = [median(rates[0]!), median(rates[1]!)];
  return { measurement, value, against, unit: "/s", goal: { least } };
}

/** How many statements a request sends, and how often it waits for the database. */
export function statementFigures(measurement: string, recorded: readonly Sent[][]): Figure[] {
  const count = (statements: readonly Sent[]) => statements.length;
  // `begin` travels with the statement after it.
  const trips = (statements: readonly Sent[]) => statements.filter(({ name }) => name !== "begin").length;
  return [
    { measurement: `${measurement}: statements`, value: median(recorded.map(count)), unit: "a request" },
    { measurement: `${measurement}: round trips`, value: median(recorded.map(trips)), unit: "a request" },
  ];
}
