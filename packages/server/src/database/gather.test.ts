import { expect, test } from "vitest";
import { gather } from "./gather.ts";
import { DatabaseUnreachable } from "./unavailable.ts";

const db = { assertOutside() {} };

/** As PostgreSQL refuses a statement. */
const refusal = (message: string) => Object.assign(new Error(message), { severity: "ERROR" });

/** Answers ten times the number, when it is told to; keeps what was asked. */
function slow(most = 10, pace = 0) {
  const questions: number[][] = [];
  let answer = () => {};
  const ask = gather(db, { most, pace }, async (items: readonly number[]) => {
    questions.push([...items]);
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return items.map((item) => item * 10);
  });
  return { questions, ask, answer: () => answer() };
}

test("what is asked while a question is under way goes with the next, and each gets its own answer", async () => {
  const { questions, ask, answer } = slow();
  const first = ask(1);
  await expect.poll(() => questions).toEqual([[1]]);
  const others = Promise.all([ask(2), ask(3)]);
  answer();
  expect(await first).toBe(10);
  await expect.poll(() => questions).toEqual([[1], [2, 3]]);
  answer();
  expect(await others).toEqual([20, 30]);
});

test("no question has more items than it may", async () => {
  const { questions, ask, answer } = slow(2);
  const all = Promise.all([1, 2, 3, 4, 5].map(ask));
  for (const asked of [1, 2, 3]) {
    await expect.poll(() => questions).toHaveLength(asked);
    answer();
  }
  expect(await all).toEqual([10, 20, 30, 40, 50]);
  expect(questions).toEqual([[1, 2], [3, 4], [5]]);
});

test("after a question of several the next waits for further ones; after a lone one it does not", async () => {
  const started: number[] = [];
  const ask = gather(db, { most: 10, pace: 1_000 }, async (items: readonly string[]) => {
    started.push(performance.now());
    return items;
  });
  await ask("alone");
  await ask("alone again");
  await Promise.all([ask("one of two"), ask("the other")]);
  expect(started[2]! - started[0]!).toBeLessThan(900);
  await ask("later");
  expect(started[3]! - started[2]!).toBeGreaterThan(990);
});

test("where the database refuses each is asked alone, and only the culprit fails", async () => {
  const ask = gather(db, { most: 10 }, async (items: readonly number[]) => {
    if (items.includes(13)) throw refusal(`Not ${items}`);
    return items;
  });
  const results = await Promise.allSettled([ask(1), ask(13), ask(2)]);
  expect(results).toMatchObject([{ value: 1 }, { reason: { message: "Not 13" } }, { value: 2 }]);
});

test.each([
  new DatabaseUnreachable("nowhere", new Error("gone")),
  new RangeError("beyond the safe integers"),
])("where it is not known what came of a question nothing is asked twice: %s", async (fault) => {
  const questions: number[][] = [];
  const ask = gather(db, { most: 10 }, async (items: readonly number[]) => {
    questions.push([...items]);
    throw fault;
  });
  const results = await Promise.allSettled([ask(1), ask(2)]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(ask(3)).rejects.toBe(fault);
  expect(questions).toEqual([[1, 2], [3]]);
});

test("where the database is lost, those who wait for their turn are told so, and whoever comes later is asked", async () => {
  let isLost = true;
  const ask = gather(db, { most: 1 }, async (items: readonly number[]) => {
    await new Promise(setImmediate);
    if (isLost) throw new DatabaseUnreachable("nowhere", new Error("gone"));
    return items;
  });
  const results = await Promise.allSettled([1, 2, 3].map(ask));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  isLost = false;
  expect(await ask(4)).toBe(4);
});

test("a slow question does not hold up the others", async () => {
  const questions: number[][] = [];
  const slow = Promise.withResolvers<void>();
  const ask = gather(db, { most: 10 }, async (items: readonly number[]) => {
    questions.push([...items]);
    if (items.includes(1)) await slow.promise;
    return items;
  });
  let isLateUnderWay = true;
  const late = ask(1).finally(() => {
    isLateUnderWay = false;
  });
  await expect.poll(() => questions).toEqual([[1]]);
  expect(await Promise.all([ask(2), ask(3)])).toEqual([2, 3]);
  expect({ questions, isLateUnderWay }).toEqual({ questions: [[1], [2, 3]], isLateUnderWay: true });
  slow.resolve();
  expect(await late).toBe(1);
});

test("inside a transaction nothing is asked", async () => {
  const inside = {
    assertOutside() {
      throw new Error("inside");
    },
  };
  const ask = gather(inside, { most: 10 }, async (items: readonly number[]) => items);
  await expect(ask(1)).rejects.toThrow("inside");
});
