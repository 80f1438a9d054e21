import { Counter, type CounterConfiguration, Gauge, Histogram, Registry } from "prom-client";
import { COUNTERS, type Definition, GAUGES, HISTOGRAMS, PREFIX } from "./definitions.ts";
import type { Level, Metrics } from "./metrics.ts";
import { processMetrics } from "./processMetrics.ts";
import type { MetricsText, Readings } from "./readings.ts";

export interface OpenMetrics extends Metrics {
  /** All of it, and the process's own, as Prometheus reads it. */
  text(): Promise<MetricsText>;
  /** The same, to be summed with that of other processes. */
  readings(): Promise<Readings>;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** The kind of a counter that has none. */
const ALL = "";

/** The metrics of one Colloquy: several may live in one process. */
export function openMetrics(): OpenMetrics {
  const registry = new Registry();
  const registers = [registry];
  // Counted in maps of our own, which cost less than the library's counters, and handed to it when somebody asks.
  const counts = Object.fromEntries(
    Object.entries<Definition>(COUNTERS).map(([name, definition]) => {
      const kinds = definition.label === undefined ? [ALL] : (definition.kinds ?? []);
      const counted = new Map<string, number>(kinds.map((kind) => [kind, 0]));
      new Counter({ ...toldFrom(counted, definition), name: PREFIX + name, registers });
      return [name, counted];
    }),
  ) as Record<keyof typeof COUNTERS, Map<string, number>>;

  const [requests, delays] = [histogram("http_request_seconds"), histogram("push_delay_seconds")];
  const timed = new Map<string, Histogram.Internal<string>>();

  function histogram(name: keyof typeof HISTOGRAMS): Histogram {
    const { help, labels, buckets } = HISTOGRAMS[name];
    return new Histogram({
      name: PREFIX + name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers,
    });
  }

  function timedAs(method: string, route: string | null, status: number): Histogram.Internal<string> {
    const known = METHODS.includes(method) ? method : "other";
    return requests.labels(known, route ?? "unknown", `${Math.floor(status / 100)}xx`);
  }

  const all = () => Registry.merge([registry, processMetrics()]);
  const metrics: OpenMetrics = {
    count(name, by = 1) {
      const counted = counts[name];
      counted.set(ALL, counted.get(ALL)! + by);
    },
    countOf(name, kind, by = 1) {
      const counted = counts[name];
      counted.set(kind, (counted.get(kind) ?? 0) + by);
    },
    request(method, route, status, seconds) {
      const key = `${method} ${status} ${route}`;
      const child = timed.get(key) ?? timedAs(method, route, status);
      timed.set(key, child);
      child.observe(seconds);
    },
    pushDelay: (seconds) => delays.observe(seconds),
    gauge(name, look) {
      const { help, label, of }: Definition & { of: "sum" | "max" } = GAUGES[name];
      new Gauge({
        name: PREFIX + name,
        help,
        labelNames: label === undefined ? [] : [label],
        aggregator: of,
        registers,
        async collect() {
          show(this, label, await look());
        },
      });
    },
    readings: () => all().getMetricsAsJSON(),
    async text() {
      const registry = all();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
  metrics.gauge("nodes", () => 1);
  return metrics;
}

function toldFrom(
  counted: ReadonlyMap<string, number>,
  { help, label }: Definition,
): Omit<CounterConfiguration<string>, "name"> {
  return {
    help,
    labelNames: label === undefined ? [] : [label],
    collect() {
      this.reset();
      for (const [kind, count] of counted) {
        if (label === undefined) this.inc(count);
        else this.inc({ [label]: kind }, count);
      }
    },
  };
}

function show(gauge: Gauge, label: string | undefined, level: Level): void {
  gauge.reset();
  if (level === null) gauge.remove();
  else if (typeof level === "number") gauge.set(level);
  else for (const [kind, value] of Object.entries(level)) gauge.set({ [label!]: kind }, value);
}
