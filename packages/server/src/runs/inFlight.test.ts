import { expect, test } from "vitest";
import { openInFlight } from "./inFlight.ts";

const THREAD = 7;
const USER = 2;
const QUESTION = 11;

function answers() {
  const inFlight = openInFlight();
  return {
    arrive(user = USER) {
      const request = {};
      inFlight.arrive(THREAD, request);
      const attempt = inFlight.attempt(request, user);
      return {
        isLate: () => attempt.isLate(null),
        win() {
          attempt.writes(QUESTION);
          attempt.wrote(true);
        },
        attempt,
        leave: () => inFlight.leave(request),
      };
    },
  };
}

test("of a burst one wins, also over those that arrive when the first is done", async () => {
  const { arrive } = answers();
  const [first, second] = [arrive(), arrive()];
  expect(await first.isLate()).toBe(false);
  first.win();
  first.leave();
  expect(await second.isLate()).toBe(true);
  const third = arrive();
  second.leave();
  expect(await third.isLate()).toBe(true);
  const fourth = arrive();
  third.leave();
  fourth.leave();
  const afterwards = arrive();
  expect([await fourth.isLate(), await afterwards.isLate()]).toEqual([true, false]);
});

test("answers one after the other, of other people, or to other questions do not meet", async () => {
  const { arrive } = answers();
  const first = arrive();
  const other = arrive(3);
  const elsewhere = arrive();
  first.win();
  first.leave();
  expect(await other.isLate()).toBe(false);
  expect(await elsewhere.attempt.isLate(QUESTION + 1)).toBe(false);
  expect(await elsewhere.attempt.isLate(QUESTION)).toBe(true);
  for (const one of [other, elsewhere]) one.leave();
  expect(await arrive().isLate()).toBe(false);
});

test("who arrives while one is being written waits for how that ends", async () => {
  const { arrive } = answers();
  const first = arrive();
  first.attempt.writes(QUESTION);
  const second = arrive();
  const isLate = second.isLate();
  first.attempt.wrote(false);
  expect(await isLate).toBe(false);
});
