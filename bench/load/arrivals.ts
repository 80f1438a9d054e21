import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `arrive` as often as strangers come: with a given rate a second and no regard to how those before them
 * fared (Poisson). It gets the time at which it was due, in the milliseconds of `performance.now()`.
 */
export async function arrivals(
  { rate, seconds }: { rate: number; seconds: number },
  random: () => number,
  arrive: (due: number) => void,
): Promise<void> {
  const gap = () => (-Math.log(1 - random()) / rate) * 1_000;
  const start = performance.now();
  const end = start + seconds * 1_000;
  for (let due = start + gap(); due < end; due += gap()) {
    while (due > performance.now()) await sleep(1);
    arrive(due);
  }
  while (performance.now() < end) await sleep(1);
}
