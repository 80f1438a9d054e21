import type { Written } from "./publish.ts";

const MOST_KEPT = 200;

/** What this process published of one thread lately, until its followers have been told of it. */
export class Lately {
  readonly #bySeq = new Map<number, Written>();

  add(written: readonly Written[]): void {
    if (this.#bySeq.size + written.length > MOST_KEPT) this.#bySeq.clear();
    for (const one of written) this.#bySeq.set(one.event.seq!, one);
  }

  /** All from a position on, without a gap. */
  after(position: number): Written[] {
    const found: Written[] = [];
    for (let next = this.#bySeq.get(position + 1); next; next = this.#bySeq.get(next.event.seq! + 1))
      found.push(next);
    return found;
  }

  forgetUpTo(position: number): void {
    for (const seq of this.#bySeq.keys()) if (seq <= position) this.#bySeq.delete(seq);
  }
}
