import { expect, test } from "vitest";
import type { Written } from "../log/publish.ts";
import { Lately } from "./rooms.ts";

const written = (seq: number): Written => ({
  event: { seq, user_id: null, type: "message_created", data: {}, created: "" },
  shown: null,
});

function after(position: number, ...seqs: number[]): number[] {
  const lately = new Lately();
  lately.add(seqs.map(written));
  return lately.after(position).map(({ event }) => event.seq!);
}

test("what was published comes in its order, whichever was first, up to a gap", () => {
  expect(after(4, 6, 5, 7, 9)).toEqual([5, 6, 7]);
  expect(after(3, 5)).toEqual([]);
});

test("what has been told is forgotten", () => {
  const lately = new Lately();
  lately.add([1, 2, 3].map(written));
  lately.forgetUpTo(2);
  expect(lately.after(0)).toEqual([]);
  expect(lately.after(2)).toHaveLength(1);
});
