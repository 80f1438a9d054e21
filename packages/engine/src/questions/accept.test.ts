import { describe, expect, test } from "vitest";
import type { QuestionDocument } from "../document/document.ts";
import { identify } from "../document/identify.ts";
import { QUESTION_KINDS } from "./index.ts";
import { type AnswerInput, DEFAULT_ANSWER_RULES, type Verdict } from "./kind.ts";

/** Options get the ids that their texts are. */
const OPTIONS = [{ text: "1" }, { text: "2" }, { text: "3", exclusive: true }];

function accept(
  fields: Omit<QuestionDocument, "qid">,
  input: AnswerInput,
  rules = DEFAULT_ANSWER_RULES,
): Verdict {
  const document = { format: "colloquy.schema/1" as const, name: "a", type: "chat" };
  const question = identify({ ...document, questions: [{ qid: 1, ...fields }] }).questions[0]!;
  for (const option of question.answers) option.id = Number(option.text);
  return QUESTION_KINDS[question.type].accept(question, input, rules);
}

/** The ids and the text that are stored, or the errors. */
function outcome(verdict: Verdict) {
  if ("errors" in verdict) return verdict.errors;
  return { answers: verdict.accepted.answers.map((answer) => answer.id), text: verdict.accepted.text };
}

describe("a choice", () => {
  const choice = { type: "choice" as const, answers: OPTIONS };
  const multichoice = { type: "multichoice" as const, answers: OPTIONS };

  test.each([
    [{}, { answers: ["REQUIRED"] }],
    [{ answers: null, text: null }, { answers: ["REQUIRED"] }],
    [{ answers: [] }, { answers: ["REQUIRED"] }],
    [{ text: "mine" }, { answers: ["REQUIRED"], text: ["WRONG_STATE"] }],
    [{ answers: [2] }, { answers: [2], text: "2" }],
    [{ answers: [2, 2] }, { answers: [2], text: "2" }],
    [{ answers: [1, 2] }, { answers: ["TOO_MANY"] }],
    [{ answers: [99] }, { answers: ["WRONG_VALUE"] }],
    [{ answers: [1, 99] }, { answers: ["WRONG_VALUE", "TOO_MANY"] }],
    [{ answers: [2], text: "mine" }, { text: ["WRONG_STATE"] }],
    [
      { answers: [2], text: "  " },
      { answers: [2], text: "2" },
    ],
    [
      { answers: [1, 2], text: "mine" },
      { answers: ["TOO_MANY"], text: ["WRONG_STATE"] },
    ],
  ])("takes one of its own: %j", (input, expected) => {
    expect(outcome(accept(choice, input))).toEqual(expected);
  });

  test.each([
    [{ answers: [] }, { answers: ["REQUIRED"] }],
    [{ answers: [2, 1] }, { answers: [2, 1], text: "2, 1" }],
    [{ answers: [3] }, { answers: [3], text: "3" }],
    [{ answers: [3, 1] }, { answers: ["EXCLUSIVE"] }],
    [{ answers: [3, 99] }, { answers: ["WRONG_VALUE", "EXCLUSIVE"] }],
    [
      { answers: [3], text: "mine" },
      { answers: ["EXCLUSIVE"], text: ["WRONG_STATE"] },
    ],
    [
      { answers: [1, 99], text: "mine" },
      { answers: ["WRONG_VALUE"], text: ["WRONG_STATE"] },
    ],
  ])("takes several where it is a multichoice: %j", (input, expected) => {
    expect(outcome(accept(multichoice, input))).toEqual(expected);
  });

  test.each([
    [
      { answers: [2, 1], text: "mine" },
      { answers: [2, 1], text: "2, 1, mine" },
    ],
    [{ answers: [1] }, { answers: [1], text: "1" }],
    [{ text: "mine" }, { answers: ["REQUIRED"] }],
    [{ answers: [3], text: "mine" }, { answers: ["EXCLUSIVE"] }],
    [{ answers: [3, 1], text: "mine" }, { answers: ["EXCLUSIVE"] }],
    [
      { answers: [3], text: "  " },
      { answers: [3], text: "3" },
    ],
    [{ answers: [1], text: "x".repeat(10_001) }, { text: ["TOO_LONG"] }],
    [
      { answers: [1], text: "x".repeat(10_000) },
      { answers: [1], text: `1, ${"x".repeat(10_000)}` },
    ],
  ])("takes free text beside where it is open: %#", (input, expected) => {
    expect(outcome(accept({ ...multichoice, choice_open: true }, input))).toEqual(expected);
  });
});

describe("a text", () => {
  test.each([
    [{}, { text: ["REQUIRED"] }],
    [{ text: " \n" }, { text: ["REQUIRED"] }],
    [{ text: "x" }, { answers: [], text: "x" }],
    [{ text: " kept as written " }, { answers: [], text: " kept as written " }],
    [
      { text: "x", answers: [] },
      { answers: [], text: "x" },
    ],
    [{ text: "x", answers: [1] }, { answers: ["WRONG_STATE"] }],
    [{ answers: [1] }, { answers: ["WRONG_STATE"], text: ["REQUIRED"] }],
    [{ text: "x".repeat(10_001) }, { text: ["TOO_LONG"] }],
    [{ text: "x".repeat(10_000) }, { answers: [], text: "x".repeat(10_000) }],
  ])("is required and limited: %#", (input, expected) => {
    expect(outcome(accept({ type: "text", next_qid: -1 }, input))).toEqual(expected);
  });
});

const PARSED: [type: QuestionDocument["type"], takes: string[], refuses: string[]][] = [
  [
    "date",
    ["2028-02-29", " 2026-12-31 ", "0001-01-01", "02/29/2028"],
    [
      "2026-02-29",
      "2026-13-01",
      "2026-00-10",
      "2026-04-31",
      "2026-4-1",
      "0000-01-01",
      "20260401",
      "2026-04-01T10:00",
      "02/30/2028",
      "13/01/2026",
      "2/9/2028",
      "tomorrow",
      "10:00",
    ],
  ],
  [
    "time",
    [
      "00:00",
      "23:59",
      "07:30:59",
      "07:30:00.123",
      "07:30Z",
      "07:30+02:00",
      "07:30-0530",
      "7:30 am",
      "12:00 PM",
      "1:05 a.m.",
    ],
    [
      "24:00",
      "07:60",
      "07:30:60",
      "7:30",
      "0730",
      "07:30+25:00",
      "0:30 am",
      "13:00 pm",
      "7:30am ish",
      "2026-04-01",
    ],
  ],
  [
    "datetime",
    [
      "2028-02-29T07:30",
      "2028-02-29 07:30:00",
      "2028-02-29t07:30:00.5z",
      "2028-02-29T23:59:59+02:00",
      "02/29/2028 7:30 am",
    ],
    [
      "2026-02-29T07:30",
      "2028-02-29T24:00",
      "2028-02-29",
      "07:30",
      "2028-02-29  07:30",
      "2028-02-29X07:30",
      "02/30/2028 7:30 am",
      "02/29/2028 13:30 am",
    ],
  ],
  [
    "int",
    ["0", "-0", "+5", " 7 ", "007", "9007199254740991", "-9007199254740991"],
    ["9007199254740992", "1.0", "1e3", "", "five", "0x10", "1 000", "--1", "٣"],
  ],
  [
    "float",
    ["0", "1.5", "-1.", ".5", "+2e-3", "1E5", " 3 ", "1.7976931348623157e308"],
    ["nan", "inf", "-Infinity", "1e309", ".", "e5", "1,5", "0x10", "1_0", "1e"],
  ],
];

describe.each(PARSED)("a question of type %s", (type, takes, refuses) => {
  test.each(takes)("takes %j as written", (text) => {
    expect(outcome(accept({ type, next_qid: -1 }, { text }))).toEqual({ answers: [], text });
  });

  test.each(refuses.filter((text) => text !== ""))("refuses %j", (text) => {
    expect(outcome(accept({ type, next_qid: -1 }, { text }))).toEqual({ text: ["WRONG_VALUE"] });
  });
});

describe("a range", () => {
  test.each([
    ["0", true],
    ["10", true],
    ["5.5", true],
    ["1e1", true],
    ["-0.1", false],
    ["10.0001", false],
    ["nan", false],
    ["five", false],
  ])("from 0 to 10 and %s", (text, fits) => {
    const given = outcome(accept({ type: "range", next_qid: -1, range_from: 0, range_to: 10 }, { text }));
    expect(given).toEqual(fits ? { answers: [], text } : { text: ["WRONG_VALUE"] });
  });
});

test("the host decides about further formats and the longest text", () => {
  const rules = { textLength: 12, dateFormats: ["d.M.yyyy", "HH:mm"] };
  expect(outcome(accept({ type: "date", next_qid: -1 }, { text: "1.4.2026" }, rules))).toHaveProperty(
    "answers",
    [],
  );
  expect(outcome(accept({ type: "date", next_qid: -1 }, { text: "04/01/2026" }, rules))).toEqual({
    text: ["WRONG_VALUE"],
  });
  expect(outcome(accept({ type: "date", next_qid: -1 }, { text: "1x4x2026" }, rules))).toEqual({
    text: ["WRONG_VALUE"],
  });
  expect(outcome(accept({ type: "text", next_qid: -1 }, { text: "x".repeat(13) }, rules))).toEqual({
    text: ["TOO_LONG"],
  });
});

test("the host may let a text be written beside an exclusive answer", () => {
  const open = { type: "choice", choice_open: true, answers: OPTIONS } as const;
  const input = { answers: [3], text: "mine" };
  expect(outcome(accept(open, input))).toEqual({ answers: ["EXCLUSIVE"] });
  const rules = { ...DEFAULT_ANSWER_RULES, exclusiveWithText: true };
  expect(outcome(accept(open, input, rules))).toEqual({ answers: [3], text: "3, mine" });
});

test("a control takes anything and keeps nothing", () => {
  expect(outcome(accept({ type: "control", next_qid: -1 }, { text: "x", answers: [4] }))).toEqual({
    answers: [],
    text: "",
  });
});

test("a message takes no answer", () => {
  expect(outcome(accept({ type: "message", next_qid: -1 }, {}))).toEqual({ answers: [], text: "" });
  expect(outcome(accept({ type: "message", next_qid: -1 }, { text: "x", answers: [4] }))).toEqual({
    answers: ["WRONG_STATE"],
    text: ["WRONG_STATE"],
  });
});
