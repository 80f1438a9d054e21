import { setTimeout as sleep } from "node:timers/promises";

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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
