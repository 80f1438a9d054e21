import { expect, test } from "vitest";
import type { MessageRow } from "../../messages/queries.ts";
import { type Announced, Announcements } from "./news.ts";

const created = (seq: number): Announced => ({
  event: { seq, user_id: null, type: "message_created", data: { message: 100 + seq }, created: "" },
  sighting: null,
  message: { id: 100 + seq, seq: 50 + seq, deleted: null } as MessageRow,
});
const told = (seq: number, type: string, data = {}): Announced => ({
  event: { seq, user_id: null, type, data, created: "" },
  message: null,
  sighting: null,
});

function after(position: number, ...announced: Announced[]): number[] | null {
  const all = new Announcements();
  all.add(announced);
  return all.after(position)?.events.map(({ seq }) => seq!) ?? null;
}

test("announced events are told in their order, whichever came first, up to a gap", () => {
  expect(after(4, created(6), created(5), told(7, "thread_updated"), created(9))).toEqual([5, 6, 7]);
});

test("they are read from the log where the next is missing, or none says what was said last", () => {
  expect(after(3, created(5))).toBe(null);
  expect(after(4, told(5, "thread_updated"))).toBe(null);
});

test("they are read from the log where one is of a message that does not come with it", () => {
  expect(after(4, told(5, "message_updated", { message: 7 }), created(6))).toBe(null);
  expect(after(4, created(5), told(6, "message_deleted", { message: 7 }))).toBe(null);
});
