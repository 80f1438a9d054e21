import { type Figure, median } from "./figure.ts";
import type { HttpRequest } from "./keepAlive.ts";
import type { Stage } from "./stage.ts";

/** A request over and over, to the server at an address. */
export interface Repeated {
  address: string;
  request: HttpRequest;
}

/** Two costs that should be the same. */
export interface Pair {
  measurement: string;
  large: Repeated;
  small: Repeated;
}

/** How much more the large one may cost. */
const MOST = 1.2;
const WARM_UP = 200;
const TIMES = 800;

/** The median times of two requests that are made by turns, one at a time. */
export async function alternating(stage: Stage, { measurement, large, small }: Pair): Promise<Figure> {
  const sides = [large, small];
  const load = await stage.startLoad(
    sides.map(({ address }) => address),
    sides.map(({ request }) => [{ requests: [request], at: 0 }]),
  );
  await load.ask({ times: WARM_UP });
  const [value, against] = (await load.ask<number[][]>({ times: TIMES })).map(median) as [number, number];
  await load.stop();
  return { measurement, value, against, unit: "ms", goal: { most: MOST } };
}
