import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COUNTERS, GAUGES, HISTOGRAMS, PREFIX } from "./definitions.ts";
import { openMetrics } from "./openMetrics.ts";

interface Board {
  templating: { list: { name: string; definition?: string }[] };
  panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
}

const board: Board = JSON.parse(
  readFileSync(new URL("../../../../docs/grafana.json", import.meta.url), "utf8"),
);
const targets = board.panels.flatMap(({ targets = [] }) => targets);
const queries = [
  ...targets.map(({ expr }) => expr),
  ...board.templating.list.flatMap(({ definition }) => definition ?? []),
];
const asked = (query: string) => query.match(/\b(?:colloquy|nodejs|process)_\w+/g) ?? [];

test("every metric that the example board asks for is told", async () => {
  const { text } = await openMetrics().text();
  // What needs a database or sockets is there once somebody looks at it.
  const gauges = Object.keys(GAUGES).map((name) => PREFIX + name);
  const told = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) =>
    type === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : name!,
  );
  for (const query of queries) {
    expect(asked(query), query).not.toEqual([]);
    for (const name of asked(query)) expect([...told, ...gauges], query).toContain(name);
  }
});

test("every metric that is ours is on it", () => {
  const shown = queries
    .flatMap(asked)
    .map((name) => name.slice(PREFIX.length).replace(/_(bucket|sum|count)$/, ""));
  for (const name of Object.keys({ ...COUNTERS, ...GAUGES, ...HISTOGRAMS })) expect(shown).toContain(name);
});

test("it sorts by labels that there are", () => {
  const labels = [...Object.values({ ...COUNTERS, ...GAUGES })].flatMap((one) =>
    "label" in one ? one.label : [],
  );
  const known = [...labels, ...HISTOGRAMS.http_request_seconds.labels, "kind", "le", "job", "instance"];
  for (const { expr, legendFormat } of targets) {
    const sorted = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(", "));
    const chosen = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label!);
    const named = [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label]) => label!);
    for (const label of [...sorted, ...chosen, ...named]) expect(known, expr).toContain(label);
    for (const label of named) expect(sorted, expr).toContain(label);
  }
});
