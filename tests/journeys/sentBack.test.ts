import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { type Asked, type Flow, publish } from "./flows.ts";

// What was read of a survey can be sent back as it is, by PUT, by PATCH and in bulk, and changes nothing.

const PATIENT = 2;
const OPTIONS = ["Head", "Back, and neck", "None"];

let server: TestServer;
let flow: Flow;

const TYPES = ["text", "date", "time", "datetime", "int", "float", "range", "control", "message"] as const;
const CHOICES = ["choice", "multichoice"].flatMap((type) =>
  [false, true].map((choice_open) => ({ type, choice_open })),
);

beforeAll(async () => {
  server = await startServer();
  const next = (index: number, count: number) => (index + 1 < count ? index + 1 : -1);
  const count = CHOICES.length + TYPES.length;
  const questions: Asked[] = [
    ...CHOICES.map((choice, index) => ({
      qid: index,
      ...choice,
      next_qid: next(index, count),
      answers: OPTIONS.map((text) => ({ text, next_qid: next(index, count), exclusive: text === "None" })),
    })),
    ...TYPES.map((type, index) => ({
      qid: CHOICES.length + index,
      type,
      next_qid: next(CHOICES.length + index, count),
      ...(type === "range" ? { range_from: 0, range_to: 10 } : {}),
    })),
  ];
  flow = await publish(server, "sent back", questions);
});

const free = fc.oneof(
  fc.constantFrom("", "my own", "Head", "  spaced  ", "a, b", "é😀\n"),
  fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes("\0")),
);
const BY_TYPE: Record<string, fc.Arbitrary<string>> = {
  text: free.filter((text) => text.trim() !== ""),
  date: fc.constantFrom("2026-02-28", "02/28/2026", " 2026-02-28 "),
  time: fc.constantFrom("12:30", "1:05 pm", "23:59:59"),
  datetime: fc.constantFrom("2026-02-28T12:30", "2026-02-28 12:30", "2026-02-28T12:30:00Z"),
  int: fc.constantFrom("12", " -3 ", "+007"),
  float: fc.constantFrom("1.5", "-2e3", " .5 "),
  range: fc.constantFrom("0", "10", "3.5"),
  control: fc.constantFrom("", "ignored"),
  message: fc.constant(""),
};

/** An answer to each question; options by their places. */
const filling = fc.record({
  choices: fc.tuple(
    ...CHOICES.map(({ type, choice_open }) =>
      fc.record({
        chosen:
          type === "choice" ? fc.constantFrom([0], [1], [2]) : fc.constantFrom([0], [1], [2], [0, 1], [1, 0]),
        text: choice_open ? free : fc.constantFrom("", "  "),
      }),
    ),
  ),
  texts: fc.tuple(...TYPES.map((type) => BY_TYPE[type]!)),
  meta: fc.constantFrom(null, {}, { seen: [1, "a"] }),
});

const patient = () => server.as(PATIENT);

/** An item without what changes with each write. */
function lasting({ updated, survey_data, ...item }: { updated: string; survey_data: { updated: string } }) {
  const { updated: _, ...survey } = survey_data;
  return { ...item, survey_data: survey };
}

test("each item, of every type of question", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(filling, async ({ choices, texts, meta }) => {
      const { body: survey } = await patient().post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
      const items = `/surveys/${survey.id}/items`;
      const stored = [...flow.questions.values()].sort((one, other) => one.qid - other.qid);
      const entries = stored.map(({ id, answers }, index) => {
        const choice = choices[index];
        return choice === undefined
          ? { related_question: id, text: texts[index - choices.length], meta }
          : {
              related_question: id,
              text: choice.text,
              answers: choice.chosen.map((at) => answers[at]!.id),
              meta,
            };
      });
      // An exclusive option stands alone, also beside a text: what is refused is left out.
      for (const entry of entries) {
        const { status } = await patient().post(items, entry);
        expect([201, 400]).toContain(status);
      }
      const { body: read } = await patient().get(items);
      expect(read.length).toBeGreaterThanOrEqual(entries.length - 2);

      for (const item of read) {
        const path = `${items}/${item.id}`;
        for (const answer of [
          await patient().put(path, item),
          await patient().patch(path, item),
          await patient().patch(path, {}),
          await patient().get(path),
        ]) {
          expect(answer.status, JSON.stringify(answer.body)).toBe(200);
          expect(lasting(answer.body)).toEqual(lasting(item));
        }
      }
      const bulk = await patient().put(items, read);
      expect(bulk.status, JSON.stringify(bulk.body)).toBe(200);
      expect(bulk.body.map(lasting)).toEqual(read.map(lasting));
    }),
    { numRuns: 12 },
  );
});

test("a choice's text is what was written, and that is what a filter finds", async () => {
  const { body: survey } = await patient().post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
  const items = `/surveys/${survey.id}/items`;
  const open = flow.questions.get(1)!;
  const { body } = await patient().post(items, {
    related_question: open.id,
    answers: [open.answers[0]!.id],
    text: "and more",
  });
  expect(body).toMatchObject({ text: "and more", answers_data: [{ text: "Head" }] });
  expect((await patient().get(`${items}?text=and more`)).body).toHaveLength(1);
  expect((await patient().get(`${items}?text__icontains=head`)).body).toHaveLength(0);
});
