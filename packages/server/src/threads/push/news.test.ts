import { expect, test } from "vitest";
import type { Said } from "../../conversation/change/writer.ts";
import type { MessageRow } from "../../conversation/view/message.ts";
import type { Written } from "../../log/publish.ts";
import { newsOf } from "./news.ts";

const created = (seq: number): Written<Said> => ({
  event: { seq, user_id: null, type: "message_created", data: { message: 100 + seq }, created: "" },
  shown: { rowVersions: null, message: { id: 100 + seq, seq: 50 + seq, deleted: null } as MessageRow },
});
const told = (seq: number, type: string, data = {}): Written<Said> => ({
  event: { seq, user_id: null, type, data, created: "" },
  shown: { message: null, rowVersions: null },
});

const seqs = (...written: Written<Said>[]) => newsOf(written)?.events.map(({ seq }) => seq!) ?? null;

test("what this process wrote is told as it was written", () => {
  expect(seqs(created(5), created(6), told(7, "thread_updated"))).toEqual([5, 6, 7]);
  expect(newsOf([created(6), created(5)])?.newest?.id).toBe(106);
});

test("it is read from the log where none says what was said last", () => {
  expect(seqs(told(5, "thread_updated"))).toBe(null);
});

test("it is read from the log where one is of a message that does not come with it", () => {
  expect(seqs(told(5, "message_updated", { message: 7 }), created(6))).toBe(null);
  expect(seqs(created(5), told(6, "message_deleted", { message: 7 }))).toBe(null);
});
