import { expect, it } from "vitest";
import { readTerms } from "./terms.ts";
import { corrected } from "./typos.ts";

const meant = (text: string, vocabulary: string[]) =>
  corrected(readTerms(text), new Set(vocabulary))?.map((terms) => terms.map((term) => term.text)) ?? null;

it("corrects words that are near enough", () => {
  expect(meant("crocodlie", ["crocodile", "alligator"])).toEqual([["crocodile"]]);
  expect(meant("crcdile", ["crocodile"])).toBeNull();
  expect(meant("crocxxxe", ["crocodile"])).toBeNull();
});

it("leaves words alone that are so long that comparing them would keep everybody waiting", () => {
  const [long, longer] = ["a".repeat(40), "a".repeat(41)];
  expect(meant(`${long}b`.slice(1), [long])).toEqual([[long]]);
  expect(meant(`${longer}b`.slice(1), [longer])).toBeNull();
});
