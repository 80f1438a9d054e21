import { type Static, Type } from "typebox";
import { Id, Nullable } from "./nullable.ts";
import { OptionValue } from "./schema.ts";

const Count = Type.Integer({ description: "The number of answers" });

export const NumberAggregate = Type.Object(
  {
    minimum: Type.Number({ description: "The smallest answer" }),
    maximum: Type.Number({ description: "The largest answer" }),
    mean: Type.Number({ description: "The mean of the answers" }),
    median: Type.Number({ description: "The median of the answers" }),
    histogram: Type.Array(
      Type.Object({
        from: Type.Number({ description: "The lower bound, included" }),
        to: Type.Number({ description: "The upper bound, included only in the last part" }),
        count: Count,
      }),
      { description: "The number of answers in equal parts of the range" },
    ),
  },
  { title: "NumberAggregate", description: "Statistics of numeric answers" },
);
export type NumberAggregate = Static<typeof NumberAggregate>;

export const QuestionAggregate = Type.Object(
  {
    qid: Type.Integer({ description: "Its number in the schema" }),
    type: Type.String({ description: "The type, in the newest version" }),
    text: Type.String({ description: "The text, in the newest version" }),
    group: Nullable(Type.String(), "The name of its group, in the newest version"),
    versions: Type.Array(Type.Integer(), { description: "The versions that contain it" }),
    seen: Type.Integer({ description: "The number of surveys in which it is visible" }),
    answered: Type.Integer({ description: "The number of surveys in which it is visible and answered" }),
    stopped: Type.Integer({
      description: "The number of incomplete surveys in which it is the last answered question",
    }),
    options: Nullable(
      Type.Array(
        Type.Object({
          value: OptionValue,
          text: Type.String({ description: "The newest wording" }),
          count: Count,
        }),
      ),
      "For a choice or multichoice: the options",
    ),
    written: Nullable(Type.Integer(), "For open options: the number of surveys with free text"),
    numbers: Nullable(NumberAggregate, "For an int, float or range with answers: statistics"),
    months: Nullable(
      Type.Array(Type.Object({ month: Type.String({ description: "The month: `2026-11`" }), count: Count })),
      "For a date or datetime: the number of answers by month",
    ),
  },
  { title: "QuestionAggregate", description: "Statistics of the answers to a question" },
);
export type QuestionAggregate = Static<typeof QuestionAggregate>;

/** Statistics of the answers to the surveys of a schema. */
export const SurveyAggregate = Type.Object(
  {
    schema: Type.String({ description: "The name of the schema" }),
    versions: Type.Array(Type.Object({ id: Id, version: Type.Integer({ description: "The version" }) }), {
      description: "The versions that are included",
    }),
    surveys: { ...Count, description: "The number of surveys" },
    completed: { ...Count, description: "The number of completed surveys" },
    stopped_before_first: Type.Integer({ description: "The number of incomplete surveys without an answer" }),
    questions: Type.Array(QuestionAggregate, { description: "The questions" }),
  },
  { title: "SurveyAggregate", description: "Statistics of the answers to the surveys of a schema" },
);
export type SurveyAggregate = Static<typeof SurveyAggregate>;
