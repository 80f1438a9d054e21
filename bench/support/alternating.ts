import { type Figure, median } from "./figure.ts";
import type { HttpRequest } from "./keepAlive.ts";
import type { Stage } from "./stage.ts";

/** Requests whose cost is compared: what is large, and what is small. */
export interface Pair {
  measurement: string;
  large: HttpRequest[];
  small: HttpRequest[];
}

const WARM_UP = 200;
const TIMES = 800;

/** The median time of large and small requests, one after another by turns on one server. */
export async function alternating(
  stage: Stage,
  address: string,
  most: number,
  { measurement, large, small }: Pair,
): Promise<Figure> {
  const lanes = [large, small].map((requests) => requests.map((request) => ({ requests: [request], at: 0 })));
  const load = await stage.startLoad(address, lanes);
  await load.ask({ times: WARM_UP });
  const [value, against] = (await load.ask<number[][]>({ times: TIMES })).map(median) as [number, number];
  await load.stop();
  return { measurement, value, against, unit: "ms", goal: { most } };
}
