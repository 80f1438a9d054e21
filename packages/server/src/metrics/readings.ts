import { AggregatorRegistry, type Registry } from "prom-client";
import { GAUGES, PREFIX } from "./definitions.ts";

/** The metrics of one process, as data that can be sent in a message. */
export type Readings = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** The response of `/metrics`. */
export interface MetricsText {
  contentType: string;
  text: string;
}

/** So that it is said, too, when nobody answers. */
const NOBODY = [
  {
    name: `${PREFIX}nodes`,
    help: GAUGES.nodes.help,
    type: "gauge",
    aggregator: "sum",
    values: [{ value: 0, labels: {} }],
  },
];

/** Combines the metrics of several processes: counts are summed; of shared values, the maximum is used. */
export async function textOf(readings: readonly Readings[]): Promise<MetricsText> {
  const sum = AggregatorRegistry.aggregate([...readings, NOBODY]);
  return { contentType: sum.contentType, text: await sum.metrics() };
}
