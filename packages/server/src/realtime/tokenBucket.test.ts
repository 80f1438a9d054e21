import { expect, test } from "vitest";
import { TokenBucket } from "./tokenBucket.ts";

test("a bucket lets a burst through, then so many per second, and is never fuller than a burst", () => {
  let milliseconds = 0;
  const bucket = new TokenBucket(10, 100, milliseconds);
  const most = () => {
    let taken = 0;
    while (bucket.take(1, milliseconds)) taken += 1;
    return taken;
  };
  expect(most()).toBe(100);
  // The one that was refused counts, too.
  milliseconds += 1_100;
  expect(most()).toBe(10);
  milliseconds += 3_600_000;
  expect(most()).toBe(100);
});

test("what is too much at once is refused, whatever came before", () => {
  const bucket = new TokenBucket(10, 100, 0);
  expect(bucket.take(60, 0)).toBe(true);
  expect(bucket.take(60, 0)).toBe(false);
});
