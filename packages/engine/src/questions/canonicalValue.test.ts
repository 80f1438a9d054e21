import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuestionDocument } from "../document/document.ts";
import { identify } from "../document/identify.ts";
import { inputFor } from "../testing/arbitraryInput.ts";
import { arbitrarySchema } from "../testing/arbitrarySchema.ts";
import { canonicalValue } from "./canonicalValue.ts";
import { QUESTION_KINDS } from "./index.ts";
import { DEFAULT_ANSWER_RULES } from "./kind.ts";

function asked(fields: Omit<QuestionDocument, "qid">) {
  const document = { format: "colloquy.schema/1" as const, name: "a", type: "chat" };
  return identify({ ...document, questions: [{ qid: 1, next_qid: -1, ...fields }] }).questions[0]!;
}

function typed(type: QuestionDocument["type"], text: string, dateFormats = DEFAULT_ANSWER_RULES.dateFormats) {
  const fields = type === "range" ? { range_from: -1e9, range_to: 1e9 } : {};
  return canonicalValue(asked({ type, ...fields }), { text }, { ...DEFAULT_ANSWER_RULES, dateFormats });
}

const OPTIONS = [{ text: "Fever", value: "fever" }, { text: "Cough", value: 7 }, { text: "None" }];

test.each([
  [[0], "", "fever"],
  [[1], "  ", 7],
  [[2], "", "None"],
  [[], "a rash", "a rash"],
  [[1], "a rash", [7, "a rash"]],
  [[], "", null],
])("of a choice it is the option's value, what is written, or a list of both: %j %j", (at, text, value) => {
  const question = asked({ type: "choice", choice_open: true, answers: OPTIONS });
  const answers = at.map((index) => question.answers[index]!.id);
  expect(canonicalValue(question, { answers, text }, DEFAULT_ANSWER_RULES)).toEqual(value);
});

test.each([
  [[0], ["fever"]],
  [
    [2, 1, 0],
    ["None", 7, "fever"],
  ],
  [[], []],
])("of a multichoice it is the list of values in the order submitted: %j", (at, value) => {
  const question = asked({ type: "multichoice", choice_open: true, answers: OPTIONS });
  const answers = at.map((index) => question.answers[index]!.id);
  expect(canonicalValue(question, { answers, text: "a rash" }, DEFAULT_ANSWER_RULES)).toEqual(value);
});

test.each([
  ["int", " +41 ", 41],
  ["int", "-0", 0],
  ["int", "9007199254740991", 9007199254740991],
  ["int", "1.5", null],
  ["float", "1e-400", 0],
  ["float", "-72.50", -72.5],
  ["float", "nan", null],
  ["range", "1e1", 10],
  ["text", " as it is ", " as it is "],
  ["text", "  ", null],
  ["control", "yes", null],
] as const)("of %s %j it is %j", (type, text, value) => {
  expect(typed(type, text)).toBe(value);
});

describe("of dates and times it is ISO 8601", () => {
  test.each([
    ["date", " 2026-10-03 ", "2026-10-03"],
    ["date", "02/29/2028", "2028-02-29"],
    ["date", "02/29/2026", null],
    ["date", "12/31/0099", "0099-12-31"],
    ["date", "1899-12-31", "1899-12-31"],
    ["time", "7:05 am", "07:05"],
    ["time", "12:00 a.m.", "00:00"],
    ["time", "12:30 PM", "12:30"],
    ["time", "11:59 pm", "23:59"],
    ["time", "24:00", null],
    ["time", "07:30:15,25+01", "07:30:15.25+01:00"],
    ["time", "07:30-0530", "07:30-05:30"],
    ["time", "07:30:00Z", "07:30:00Z"],
    ["datetime", "2026-11-01t07:30z", "2026-11-01T07:30Z"],
    ["datetime", "2026-11-01 07:30", "2026-11-01T07:30"],
    ["datetime", "11/01/2026 7:30 PM", "2026-11-01T19:30"],
    ["datetime", "2026-11-01", null],
  ] as const)("%s %j", (type, text, value) => {
    expect(typed(type, text)).toBe(value);
  });

  test.each([
    ["date", "d.M.yyyy", "1.4.2026", "2026-04-01"],
    ["date", "yyyy年MM月dd日", "2026年04月01日", "2026-04-01"],
    ["time", "H.mm", "7.05", "07:05"],
    ["time", "hh:mm:ssa", "07:05:09PM", "19:05:09"],
    ["time", "h:mm", "12:05", "12:05"],
    ["time", "H.", "7.", "07:00"],
    ["datetime", "d/M/yyyy, HH:mm:ss", "1/4/2026, 19:05:09", "2026-04-01T19:05:09"],
  ] as const)("%s in the host's format %s: %j", (type, format, text, value) => {
    expect(typed(type, text, [format])).toBe(value);
  });

  test("the first format that fits counts", () => {
    expect(typed("date", "03/04/2026", ["dd/MM/yyyy", "MM/dd/yyyy"])).toBe("2026-04-03");
    expect(typed("date", "03/14/2026", ["dd/MM/yyyy", "MM/dd/yyyy"])).toBe("2026-03-14");
  });

  test("whatever day and minute it is, its two notations are one value", () => {
    const day = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const [iso, hour] = [date.toISOString().slice(0, 16), date.getUTCHours()];
        const american = iso.replace(/^(\d+)-(\d+)-(\d+)T.*/, "$2/$3/$1");
        const clock = `${hour % 12 || 12}:${iso.slice(14)} ${hour < 12 ? "am" : "pm"}`;
        expect(typed("datetime", `${american} ${clock}`)).toBe(iso);
      }),
      { numRuns: 300 },
    );
  });
});

test("an answer has a value where it is accepted, and its value is accepted as an answer", () => {
  fc.assert(
    fc.property(arbitrarySchema({ divergent: true }), fc.nat(), ({ questions }, pick) => {
      for (const question of questions) {
        const input = inputFor(question, pick);
        const kind = QUESTION_KINDS[question.type];
        if (!kind.waits || question.type === "control" || "errors" in verdict(question, input)) continue;
        const value = canonicalValue(question, input, DEFAULT_ANSWER_RULES);
        expect(value).not.toBe(null);
        expect(JSON.parse(JSON.stringify(value))).toEqual(value);
        if (question.answers.length > 0) continue;
        expect(verdict(question, { text: String(value) })).toHaveProperty("accepted");
        expect(canonicalValue(question, { text: String(value) }, DEFAULT_ANSWER_RULES)).toEqual(value);
      }
    }),
    { numRuns: 50 },
  );
});

function verdict(question: Parameters<typeof canonicalValue>[0], input: { text?: string | null }) {
  return QUESTION_KINDS[question.type].accept(question, input, DEFAULT_ANSWER_RULES);
}
