import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./database.ts";
import { DatabaseUnavailable, DatabaseUnreachable } from "./unavailable.ts";

interface Asked<Item, Answer> {
  item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface Gathering {
  /** Items of one question. */
  most: number;
  /** Milliseconds from a question of several to the next, at least: so many more come meanwhile. */
  pace?: number;
}

/** Milliseconds after which a question counts as slow: the next one goes out beside it. */
const SLOW = 50;
/** Questions beside each other. */
const MOST_BESIDE = 4;
/** Items that may wait for their question. */
const MOST_WAITING = 20_000;

/**
 * Makes one question to the database of many: what is asked while another is under way waits for its end, and goes
 * with all that came meanwhile. So a lone one goes alone, and the more there are, the less each costs.
 *
 * `ask` answers each item, in order. Where the database refuses, each is asked alone, so that nobody pays for what
 * another asked. Where it was lost on the way nothing is asked again: it is not known what came of it. Those who wait
 * then are told so, too, as their turn could be many lost questions away.
 */
export function gather<Item, Answer>(
  db: Pick<Database, "assertOutside">,
  { most, pace = 0 }: Gathering,
  ask: (items: readonly Item[]) => Promise<readonly Answer[]>,
): (item: Item) => Promise<Answer> {
  const waiting: Asked<Item, Answer>[] = [];
  // What is asked is nobody's in particular: least of all is it part of something that the first of them is in.
  const outside = AsyncLocalStorage.snapshot();
  let isSending = false;
  let underWay = 0;
  let slow = 0;
  let asked = Number.NEGATIVE_INFINITY;
  let wasAlone = true;

  function wake(): void {
    if (isSending || waiting.length === 0 || underWay > slow || underWay >= MOST_BESIDE) return;
    isSending = true;
    // Not before everything that has reached this process by now has been read.
    setImmediate(outside, send);
  }

  async function send(): Promise<void> {
    // Who asked alone would wait for nobody.
    const early = wasAlone ? 0 : asked + pace - performance.now();
    if (early > 1) await sleep(early);
    asked = performance.now();
    const together = waiting.splice(0, most);
    wasAlone = together.length === 1;
    underWay += 1;
    isSending = false;
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      slow += 1;
      wake();
    }, SLOW);
    await settle(together);
    clearTimeout(timer);
    underWay -= 1;
    if (isSlow) slow -= 1;
    wake();
  }

  /** Answers when the question is: what has to be asked again goes on by itself. */
  async function settle(together: readonly Asked<Item, Answer>[]): Promise<void> {
    try {
      const answers = await ask(together.map(({ item }) => item));
      for (const [index, { resolve }] of together.entries()) resolve(answers[index]!);
    } catch (error) {
      if (together.length > 1 && isRefusal(error)) for (const one of together) void settle([one]);
      else for (const { reject } of together) reject(error);
      if (error instanceof DatabaseUnreachable) for (const { reject } of waiting.splice(0)) reject(error);
    }
  }

  return async (item) => {
    db.assertOutside();
    if (waiting.length >= MOST_WAITING)
      throw new DatabaseUnavailable("The database is unavailable: too many requests wait for it");
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    waiting.push({ item, resolve, reject });
    wake();
    return promise;
  };
}

/** Whether PostgreSQL said no to a statement, so that nothing came of it. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "severity" in error && error.severity === "ERROR";
}
