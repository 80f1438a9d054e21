import { type Static, Type } from "typebox";
import { FreeJson, Id, Nullable } from "./nullable.ts";

const Modifications = Type.Array(Type.Array(Type.String()), {
  description: 'Assignments applied in order: `[["score", "score + 1"]]`',
});
const Position = Type.Integer({ description: "Its place among its siblings", examples: [0] });
const Meta = { ...FreeJson, description: "Free JSON of the schema's author" };

export const OptionValue = Type.Union([Type.String(), Type.Number()], {
  description: "What an option is, whatever its wording",
});

export const Answer = Type.Object(
  {
    id: Id,
    question: { ...Id, description: "The id of its question" },
    position: Position,
    text: Type.String({ description: "Its wording", examples: ["Not at all"] }),
    value: Type.Optional(OptionValue),
    next_qid: Nullable(Type.Integer(), "The qid that follows it; null is what follows the question"),
    exclusive: Type.Boolean({ description: "Whether it stands alone in a multichoice" }),
    meta: Meta,
    variable_modifications: Modifications,
  },
  { title: "Answer", description: "An option of a question" },
);
export type Answer = Static<typeof Answer>;

export const AttachmentTemplate = Type.Object(
  {
    id: Id,
    question: { ...Id, description: "The id of its question" },
    type: Type.String({ description: "The kind of attachment" }),
    title: Type.String({ description: "Its title" }),
    description: Type.String({ description: "A text below the title" }),
    src: Nullable(Type.String(), "Where it is"),
    thumbnail: { ...FreeJson, description: "A small picture of it, as free JSON" },
    options: { ...FreeJson, description: "How it is shown, as free JSON" },
    object_id: Nullable(Type.Integer(), "The id of the host's object that it stands for"),
    content_type: { ...FreeJson, description: "The kind of that object" },
  },
  { title: "AttachmentTemplate", description: "What is attached to the message that shows a question" },
);
export type AttachmentTemplate = Static<typeof AttachmentTemplate>;

export const Question = Type.Object(
  {
    id: Id,
    schema: { ...Id, description: "The id of its schema" },
    group: Nullable(Type.Integer(), "The id of its group"),
    qid: Type.Integer({
      description: "Its number in the schema, by which others refer to it",
      examples: [1],
    }),
    position: Position,
    type: Type.String({
      description: "What it takes for an answer: `choice`, `multichoice`, `text`, `int` …",
      examples: ["choice"],
    }),
    text: Type.String({ description: "What is asked", examples: ["How are you?"] }),
    required: Type.Boolean({ description: "Whether a survey needs its answer to be complete" }),
    next_qid: Nullable(Type.Integer(), "The qid that follows; -1 is the end"),
    choice_open: Type.Boolean({ description: "Whether free text may stand beside its options" }),
    range_from: Nullable(Type.Number(), "The least number that it takes"),
    range_to: Nullable(Type.Number(), "The greatest number that it takes"),
    meta: Meta,
    answers: Type.Array(Answer, { description: "Its options" }),
    attachments: Type.Array(AttachmentTemplate, { description: "What is attached where it is shown" }),
    has_attachments: Type.Boolean({ description: "Whether there is anything in `attachments`" }),
    variable_modifications: Modifications,
    forking_rules: Type.Array(Type.Array(FreeJson), {
      description: 'The first rule whose condition holds wins: `[[20, "score >= 10"]]`',
    }),
    show_as_type: Type.String({
      description: "The type of the message that shows it",
      examples: ["automated_message"],
    }),
  },
  { title: "Question", description: "A question of a schema, with its options" },
);
export type Question = Static<typeof Question>;

export const Group = Type.Object(
  {
    id: Id,
    schema: { ...Id, description: "The id of its schema" },
    name: Type.String({ description: "Its name", examples: ["welcome"] }),
    position: Position,
    questions: Type.Array(Question, { description: "Its questions, in order" }),
  },
  { title: "Group", description: "Questions that belong together" },
);
export type Group = Static<typeof Group>;

/** A schema in a list. */
export const SchemaSummary = Type.Object(
  {
    id: Id,
    name: Type.String({ description: "The name that all its versions share", examples: ["PHQ-9"] }),
    type: Type.String({
      description: "One of the types that the server knows",
      examples: ["automated_flow"],
    }),
    version: Type.Integer({ description: "Counts up from 1 within a name", examples: [1] }),
    published: Type.Boolean({ description: "Whether runs and surveys may use it; then it never changes" }),
    deprecated: Type.Boolean({ description: "Whether a later version of its name is published" }),
  },
  { title: "SchemaSummary", description: "A schema in a list" },
);
export type SchemaSummary = Static<typeof SchemaSummary>;

/** A complete schema. Grouped questions are under their group, all others under `questions`. */
export const Schema = Type.Object(
  {
    ...SchemaSummary.properties,
    groups: Type.Array(Group, { description: "Its groups with their questions, in order" }),
    questions: Type.Array(Question, { description: "The questions that are in no group" }),
  },
  {
    title: "Schema",
    description: "A schema whole: grouped questions under their group, the rest under `questions`",
  },
);
export type Schema = Static<typeof Schema>;

/** A finding of the checker. */
export const Finding = Type.Object(
  {
    code: Type.String({ description: "The name of what is wrong", examples: ["UNREACHABLE"] }),
    severity: Type.String({ description: "error, warning or info" }),
    message: Type.String({ description: "What is wrong, in a sentence" }),
    qid: Type.Optional(Type.Integer({ description: "The question that it concerns" })),
    rule: Type.Optional(Type.Integer({ description: "Which of the question's rules, counted from 0" })),
    path: Type.Optional(Type.Array(Type.Integer(), { description: "The qids on the way there" })),
    field: Type.Optional(Type.String({ description: "The field that it concerns" })),
  },
  { additionalProperties: true, title: "Finding", description: "What the checker found" },
);
