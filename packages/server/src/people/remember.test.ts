import type { UserId } from "@colloquy/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { remember } from "./remember.ts";

const MILLISECONDS = 1_000;

let asked: UserId[][];
let people: Map<UserId, string>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  asked = [];
  people = new Map([1, 2, 3, 4].map((id) => [id, `person ${id}`]));
  return () => vi.useRealTimers();
});

async function lookUp(ids: readonly UserId[]): Promise<Map<UserId, string>> {
  asked.push(ids.toSorted());
  return new Map(ids.flatMap((id) => (people.has(id) ? [[id, people.get(id)!]] : [])));
}

const open = (milliseconds = MILLISECONDS) => remember(lookUp, milliseconds);
const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);
/** Lets what was looked up ahead arrive. */
const settle = () => new Promise(setImmediate);

test("what was looked up is known for its time, and not a moment longer", async () => {
  const memory = open();
  expect(memory.get(1)).toBeUndefined();
  expect([...(await memory.find([1, 9, 1]))]).toEqual([[1, "person 1"]]);
  expect(memory.get(1)).toBe("person 1");
  expect(memory.get(9)).toBeUndefined();
  pass(MILLISECONDS);
  expect(memory.get(1)).toBeUndefined();
  await memory.find([1]);
  expect(asked).toEqual([[1, 9], [1]]);
});

test("nothing is remembered for no time", async () => {
  const memory = open(0);
  await memory.find([1]);
  expect(memory.get(1)).toBeUndefined();
  await memory.find([1]);
  expect(asked).toEqual([[1], [1]]);
});

describe("ahead of its time", () => {
  test("all that soon will be over is looked up by one question, and nobody waits", async () => {
    const memory = open();
    await memory.find([1, 2]);
    await memory.find([3]);
    pass(800);
    await memory.find([4]);
    people.set(2, "changed");
    expect(memory.get(1)).toBe("person 1");
    await settle();
    expect(asked.slice(2)).toEqual([[4], [1, 2, 3]]);
    pass(900);
    expect([memory.get(1), memory.get(2), memory.get(4)]).toEqual(["person 1", "changed", "person 4"]);
  });

  test("what nobody has asked for in a long time is left to be forgotten", async () => {
    const memory = open();
    await memory.find([1, 2]);
    for (let turn = 0; turn < 4; turn++) {
      pass(800);
      memory.get(1);
      await settle();
    }
    expect(asked.slice(1)).toEqual([[1, 2], [1, 2], [1], [1]]);
    expect(memory.get(2)).toBeUndefined();
  });

  test("no more is asked while whoever is asked has not answered", async () => {
    const answer = Promise.withResolvers<Map<UserId, string>>();
    const slow = vi.fn(lookUp);
    const memory = remember(slow, MILLISECONDS);
    const ids = Array.from({ length: 1_200 }, (_, n) => n);
    people = new Map(ids.map((id) => [id, "somebody"]));
    await memory.find(ids);
    slow.mockReturnValue(answer.promise);
    for (let turn = 0; turn < 9; turn++) {
      pass(100);
      memory.get(1);
    }
    expect(slow).toHaveBeenCalledTimes(2);
    answer.resolve(people);
    await settle();
    expect(slow.mock.calls.slice(1).map(([asked]) => asked.length)).toEqual([500, 500, 200]);
  });

  test("who is gone is not known any more", async () => {
    const memory = open();
    await memory.find([1]);
    people.delete(1);
    pass(800);
    expect(memory.get(1)).toBe("person 1");
    await settle();
    expect(memory.get(1)).toBeUndefined();
  });

  test("a fault is met by whoever asks when the time is over", async () => {
    const failing = vi.fn(lookUp);
    const memory = remember(failing, MILLISECONDS);
    await memory.find([1]);
    failing.mockRejectedValue(new Error("The database is away"));
    pass(800);
    expect(memory.get(1)).toBe("person 1");
    await settle();
    expect(failing).toHaveBeenCalledTimes(2);
    pass(200);
    await expect(memory.find([1])).rejects.toThrow("The database is away");
  });
});

test("what was forgotten while it was being looked up is not remembered as it was", async () => {
  const answer = Promise.withResolvers<Map<UserId, string>>();
  const memory = remember(() => answer.promise, MILLISECONDS);
  const found = memory.find([1]);
  memory.forget(1);
  answer.resolve(new Map([[1, "as it was"]]));
  expect((await found).get(1)).toBe("as it was");
  expect(memory.get(1)).toBeUndefined();
});

test("says up to when all of some are known", async () => {
  const memory = open();
  await memory.find([1]);
  pass(300);
  await memory.find([2]);
  expect(memory.until([1, 2]) - performance.now()).toBe(700);
  expect(memory.until([2]) - performance.now()).toBe(1_000);
  expect(memory.until([1, 3])).toBeLessThan(performance.now());
});
