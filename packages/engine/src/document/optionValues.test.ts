import { expect, test } from "vitest";
import type { AnswerDocument, SchemaDocument } from "./document.ts";
import { dump } from "./dump.ts";
import { identify } from "./identify.ts";
import { load } from "./load.ts";
import { defineProblems } from "./problems.ts";

const document = (answers: AnswerDocument[], qid = 5): SchemaDocument => ({
  format: "colloquy.schema/1",
  name: "pain",
  type: "survey",
  questions: [{ qid, type: "multichoice", text: "What hurts?", answers }],
});
const texts = (...all: string[]) => document(all.map((text) => ({ text })));
const values = (schema: ReturnType<typeof identify>) =>
  schema.questions[0]!.answers.map((option) => option.value);

test("an option's value is what the document says, else its text, else that with a number", () => {
  expect(values(identify(document([{ text: "Head", value: 1 }, { text: "Back" }])))).toEqual([1, "Back"]);
  expect(values(identify(texts("Back", "Head", "Back", "Back")))).toEqual([
    "Back",
    "Head",
    "Back (2)",
    "Back (3)",
  ]);
  expect(values(identify(texts("Back", "Back", "Back (2)")))).toEqual(["Back", "Back (3)", "Back (2)"]);
  expect(values(identify(document([{ text: "No" }, { text: "Yes", value: "No" }])))).toEqual([
    "No (2)",
    "No",
  ]);
});

test("options of content that is replaced keep their values by text, else by position", () => {
  const replaced = (before: SchemaDocument, after: SchemaDocument) =>
    values(identify(after, undefined, identify(before)));
  const once = texts("Haed", "Back");
  expect(replaced(once, texts("Head", "Back"))).toEqual(["Haed", "Back"]);
  expect(replaced(once, texts("Back", "Haed"))).toEqual(["Back", "Haed"]);
  expect(replaced(once, texts("Neck", "Haed", "Back"))).toEqual(["Neck", "Haed", "Back"]);
  expect(replaced(once, texts("Head", "Knee", "Foot"))).toEqual(["Haed", "Back", "Foot"]);
  expect(replaced(once, document([{ text: "Head", value: "head" }, { text: "Spine" }]))).toEqual([
    "head",
    "Back",
  ]);
  expect(replaced(once, document([{ text: "Head", value: "Back" }, { text: "Spine" }]))).toEqual([
    "Back",
    "Spine",
  ]);
  expect(replaced(texts("Back", "Back"), texts("Back", "Back"))).toEqual(["Back", "Back (2)"]);
  // Another question's options are others.
  expect(replaced(document([{ text: "Haed" }], 6), texts("Head"))).toEqual(["Head"]);
});

test("a document has values where they differ from the texts, and they come back", () => {
  const given = document([
    { text: "Head", value: "Haed", next_qid: -1 },
    { text: "Back" },
    { text: "5", value: 5 },
    { text: "none", value: "" },
  ]);
  const schema = identify(given);
  expect(dump(schema)).toEqual(given);
  expect(JSON.stringify(dump(schema))).toContain('{"text":"Head","value":"Haed","next_qid":-1}');
  expect(load(JSON.parse(JSON.stringify(dump(schema))))).toEqual({ schema });
  expect(JSON.stringify(dump(identify(texts("Head", "Back"))))).not.toContain("value");
});

test("the same value twice is wrong, a number and a text that look alike are not", () => {
  const twice = identify(
    document([
      { text: "a", value: 1 },
      { text: "b", value: "1" },
      { text: "c", value: 1 },
    ]),
  );
  expect(defineProblems(twice)).toEqual([
    { code: "INVALID_DEFINITION", qid: 5, field: "answers", message: "The value 1 is used more than once." },
  ]);
  for (const value of [null, true, [1], {}])
    expect(
      load({ ...document([]), questions: [{ qid: 5, type: "choice", answers: [{ text: "a", value }] }] }),
    ).toEqual({ problems: { "questions.0.answers.0.value": ["Qid 5: must be string or number."] } });
});

test.each(["7", "007", " 42 "])("a name of digits alone is wrong: %j", (name) => {
  expect(defineProblems(identify({ ...texts("a"), name }))).toEqual([
    {
      code: "INVALID_DEFINITION",
      field: "name",
      message: `A name must not consist of digits only, like an id: ${JSON.stringify(name)}.`,
    },
  ]);
  expect(defineProblems(identify({ ...texts("a"), name: `v${name}` }))).toEqual([]);
});
