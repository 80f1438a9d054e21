import { expect, test } from "vitest";
import type { Schema } from "../schema.ts";
import type { QuestionDocument } from "./document.ts";
import { identify } from "./identify.ts";
import { defineProblems } from "./problems.ts";

const end: QuestionDocument = { qid: 9, type: "message", next_qid: -1 };

function schemaOf(...questions: QuestionDocument[]): Schema {
  return identify({
    format: "colloquy.schema/1",
    name: "a",
    type: "chat",
    groups: [{ name: "g" }],
    questions,
  });
}

const options = [{ text: "Yes", next_qid: 9 }];

const CASES: [name: string, question: QuestionDocument, fields: string[]][] = [
  ["a range without bounds", { qid: 1, type: "range", next_qid: 9 }, ["range_from", "range_to"]],
  [
    "a range with 0 as a bound is fine",
    { qid: 1, type: "range", next_qid: 9, range_from: 0, range_to: 0 },
    [],
  ],
  [
    "a range the wrong way round",
    { qid: 1, type: "range", next_qid: 9, range_from: 2, range_to: 1 },
    ["range_from"],
  ],
  ["an open text", { qid: 1, type: "text", next_qid: 9, choice_open: true }, ["choice_open"]],
  ["an open multichoice is fine", { qid: 1, type: "multichoice", choice_open: true, answers: options }, []],
  ["a control without next_qid", { qid: 1, type: "control" }, ["next_qid"]],
  ["0 is a qid", { qid: 0, type: "control", next_qid: 0 }, []],
  [
    "a message with rules",
    { qid: 1, type: "message", next_qid: 9, forking_rules: [[9, "1"]] },
    ["forking_rules"],
  ],
  ["a fork without rules", { qid: 1, type: "fork" }, ["forking_rules"]],
  ["a choice without answers", { qid: 1, type: "choice" }, ["answers"]],
  ["a pointer into nothing", { qid: 1, type: "text", next_qid: 5 }, ["next_qid"]],
  ["an answer into nothing", { qid: 1, type: "choice", answers: [{ text: "a", next_qid: 5 }] }, ["next_qid"]],
  ["a rule into nothing", { qid: 1, type: "fork", forking_rules: [["5", "1"]] }, ["forking_rules"]],
  ["a computed target is left to the checker", { qid: 1, type: "fork", forking_rules: [["4 + 5", "1"]] }, []],
  ["a rule that does not parse", { qid: 1, type: "fork", forking_rules: [[9, "1 +"]] }, ["forking_rules"]],
  [
    "a target that does not parse",
    { qid: 1, type: "fork", forking_rules: [["9 9", "1"]] },
    ["forking_rules"],
  ],
  ["a group that there is not", { qid: 1, type: "text", next_qid: 9, group: "h" }, ["group"]],
  ["a group that there is", { qid: 1, type: "text", next_qid: 9, group: "g" }, []],
  ...["1x", "", "a b", "not", "__proto__", "__x", "a.b"].map((name): [string, QuestionDocument, string[]] => [
    `the variable "${name}"`,
    { qid: 1, type: "text", next_qid: 9, variable_modifications: [[name, "1"]] },
    ["variable_modifications"],
  ]),
  [
    "a modification of an answer that does not parse",
    { qid: 1, type: "choice", answers: [{ text: "a", next_qid: 9, variable_modifications: [["a", "b("]] }] },
    ["variable_modifications"],
  ],
  [
    "two answers in one place",
    { qid: 1, type: "choice", answers: [{ text: "a" }, { text: "b", position: 0 }] },
    ["answers"],
  ],
];

test.each(CASES)("%s", (_name, question, fields) => {
  const problems = defineProblems(schemaOf(question, end));
  expect(problems.map((problem) => problem.field)).toEqual(fields);
  for (const problem of problems)
    expect(problem).toMatchObject({ qid: question.qid, message: expect.stringMatching(/\.$/) });
});

test("two questions with one qid or in one place", () => {
  const schema = schemaOf(end, { ...end, position: 5 }, { ...end, qid: 10, position: 5 });
  expect(defineProblems(schema)).toEqual([
    { code: "INVALID_DEFINITION", qid: 9, field: "qid", message: "The qid 9 is used more than once." },
    {
      code: "INVALID_DEFINITION",
      qid: 10,
      field: "position",
      message: "The position 5 is used more than once.",
    },
  ]);
});

test("two groups with one name or in one place", () => {
  const schema = schemaOf(end);
  schema.groups.push({ id: 50, name: "g", position: 0, translations: {} });
  expect(defineProblems(schema).map(({ field, message }) => [field, message])).toEqual([
    ["groups", 'The name "g" is used more than once.'],
    ["groups", "The position 0 is used more than once."],
  ]);
});

test.each([5, [], ["a"], ["a", 1], ["a", "1", "2"], [null, "1"], null])("%j is not a pair", (pair) => {
  const schema = schemaOf({ ...end, type: "fork", forking_rules: [[9, "1"]] });
  // As edited over the wire, where the field is free JSON.
  Object.assign(schema.questions[0]!, { variable_modifications: [pair], forking_rules: [pair] });
  expect(defineProblems(schema).map(({ field, malformed }) => [field, malformed])).toEqual([
    ["variable_modifications", true],
    ["forking_rules", true],
  ]);
});
