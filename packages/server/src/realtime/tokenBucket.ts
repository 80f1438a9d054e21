/** Lets a number of things through per second, and some more at once after a quiet time. */
export interface TokenBucket {
  /** Takes so many; false where they are too many for now. */
  take(count: number): boolean;
}

/** @param burst how many may come at once; the bucket is full in the beginning */
export function openTokenBucket(
  perSecond: number,
  burst: number,
  now = () => performance.now(),
): TokenBucket {
  let left = burst;
  let filled = now();
  return {
    take(count) {
      const at = now();
      left = Math.min(burst, left + ((at - filled) / 1_000) * perSecond);
      filled = at;
      left -= count;
      return left >= 0;
    },
  };
}
