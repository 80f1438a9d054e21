import { expect, test } from "vitest";
import { plan } from "./plan.ts";

const PLANNED = { seed: 5, seconds: 120, nodes: 3, processes: 4, redis: true };

test("a timetable has every fault at least twice, and is over in time", () => {
  for (const seconds of [20, 120]) {
    const faults = plan({ ...PLANNED, seconds });
    const kinds = Map.groupBy(faults, ({ kind }) => kind);
    expect(kinds.size).toBe(9);
    for (const [, same] of kinds) expect(same.length).toBeGreaterThanOrEqual(2);
    for (const { at, lasts } of faults) expect(at + lasts).toBeLessThanOrEqual(seconds);
  }
});

test("the same seed gives the same timetable, another another", () => {
  expect(plan(PLANNED)).toEqual(plan(PLANNED));
  expect(plan({ ...PLANNED, seed: 6 })).not.toEqual(plan(PLANNED));
});

test("without Redis nothing befalls it", () => {
  const faults = JSON.stringify(plan({ ...PLANNED, redis: false }));
  expect(faults).not.toContain("redis");
});
