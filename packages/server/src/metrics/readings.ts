import { AggregatorRegistry, type Registry } from "prom-client";
import { GAUGES, PREFIX } from "./definitions.ts";

/** The metrics of one process, as data that fits into a message. */
export type Readings = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** What `/metrics` answers. */
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

/** Those of several processes as if they were one: what is counted is summed, and of what they share the most is told. */
export async function textOf(readings: readonly Readings[]): Promise<MetricsText> {
  const sum = AggregatorRegistry.aggregate([...readings, NOBODY]);
  return { contentType: sum.contentType, text: await sum.metrics() };
}
