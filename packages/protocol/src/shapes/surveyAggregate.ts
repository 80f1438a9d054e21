import { type Static, Type } from "typebox";
import { Id, Nullable } from "./nullable.ts";
import { OptionValue } from "./schema.ts";

const Count = Type.Integer({ description: "How many" });

export const NumberAggregate = Type.Object(
  {
    minimum: Type.Number({ description: "The least answer" }),
    maximum: Type.Number({ description: "The greatest answer" }),
    mean: Type.Number({ description: "The mean of the answers" }),
    median: Type.Number({ description: "The median of the answers" }),
    histogram: Type.Array(
      Type.Object({
        from: Type.Number({ description: "In it" }),
        to: Type.Number({ description: "Not in it but in the next; in the last, too" }),
        count: Count,
      }),
      { description: "Answers by equal parts of their range" },
    ),
  },
  { title: "NumberAggregate", description: "What the answers to a question for a number amount to" },
);
export type NumberAggregate = Static<typeof NumberAggregate>;

export const QuestionAggregate = Type.Object(
  {
    qid: Type.Integer({ description: "Its number in the schema" }),
    type: Type.String({ description: "As in the newest version, and so the text and the group's name" }),
    text: Type.String({ description: "What is asked" }),
    group: Nullable(Type.String(), "The name of its group"),
    versions: Type.Array(Type.Integer(), { description: "Those that have it" }),
    seen: Type.Integer({ description: "Surveys in which it is visible" }),
    answered: Type.Integer({ description: "Surveys in which it is visible and answered" }),
    stopped: Type.Integer({ description: "Surveys not completed in which it is the last one answered" }),
    options: Nullable(
      Type.Array(
        Type.Object({
          value: OptionValue,
          text: Type.String({ description: "The newest wording" }),
          count: Count,
        }),
      ),
      "Of a choice or multichoice",
    ),
    written: Nullable(
      Type.Integer(),
      "Surveys in which something is written beside its options, where they are open",
    ),
    numbers: Nullable(NumberAggregate, "Of an int, float or range with answers"),
    months: Nullable(
      Type.Array(Type.Object({ month: Type.String({ description: "2026-11" }), count: Count })),
      "Of a date or datetime: answers by month, whatever notation was typed",
    ),
  },
  { title: "QuestionAggregate", description: "What the answers to one question amount to" },
);
export type QuestionAggregate = Static<typeof QuestionAggregate>;

/** Statistics of the answers to the surveys of a schema. */
export const SurveyAggregate = Type.Object(
  {
    schema: Type.String({ description: "The name" }),
    versions: Type.Array(Type.Object({ id: Id, version: Type.Integer({ description: "Its number" }) }), {
      description: "The versions that were counted",
    }),
    surveys: { ...Count, description: "How many surveys there are" },
    completed: { ...Count, description: "How many of them are complete" },
    stopped_before_first: Type.Integer({ description: "Surveys not completed without an answer" }),
    questions: Type.Array(QuestionAggregate, { description: "Question by question" }),
  },
  { title: "SurveyAggregate", description: "What the answers to the surveys of a schema amount to" },
);
export type SurveyAggregate = Static<typeof SurveyAggregate>;
