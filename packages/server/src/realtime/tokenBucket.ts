/** Lets a number of things through per second, and some more at once after a quiet time. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #filled: number;

  /** @param burst how many may come at once; the bucket is full in the beginning */
  constructor(perSecond: number, burst: number, now = performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#filled = now;
  }

  /** Takes so many; false where they are too many for now. */
  take(count: number, now = performance.now()): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#filled) / 1_000) * this.#perSecond);
    this.#filled = now;
    this.#left -= count;
    return this.#left >= 0;
  }
}
