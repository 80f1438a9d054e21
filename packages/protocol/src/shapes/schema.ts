import { type Static, Type } from "typebox";
import { FreeJson, Id, Nullable } from "./nullable.ts";

const Modifications = Type.Array(Type.Array(Type.String()), {
  description: 'Assignments applied in order: `[["score", "score + 1"]]`',
});
const Position = Type.Integer({ description: "Its position among its siblings", examples: [0] });
const Meta = { ...FreeJson, description: "Any JSON of the author" };

export const OptionValue = Type.Union([Type.String(), Type.Number()], {
  description: "What the option means, whatever its wording",
});

export const Answer = Type.Object(
  {
    id: Id,
    question: { ...Id, description: "The id of its question" },
    position: Position,
    text: Type.String({ description: "Its wording", examples: ["Not at all"] }),
    value: Type.Optional(OptionValue),
    next_qid: Nullable(Type.Integer(), "The qid that follows this option"),
    exclusive: Type.Boolean({ description: "Whether it cannot be combined with other options" }),
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
    type: Type.String({ description: "The kind of file" }),
    title: Type.String({ description: "Its title" }),
    description: Type.String({ description: "Its description" }),
    src: Nullable(Type.String(), "The URL of the content"),
    thumbnail: { ...FreeJson, description: "Any JSON: a preview" },
    options: { ...FreeJson, description: "Any JSON: how to display it" },
    object_id: Nullable(Type.Integer(), "The id of an object of the host that it stands for"),
    content_type: { ...FreeJson, description: "The kind of that object" },
  },
  { title: "AttachmentTemplate", description: "A file that is shown with a question" },
);
export type AttachmentTemplate = Static<typeof AttachmentTemplate>;

export const Question = Type.Object(
  {
    id: Id,
    schema: { ...Id, description: "The id of its schema" },
    group: Nullable(Type.Integer(), "The id of its group"),
    qid: Type.Integer({
      description: "Its number in the schema, which other questions refer to",
      examples: [1],
    }),
    position: Position,
    type: Type.String({
      description: "The type: `choice`, `multichoice`, `text`, `int` and others",
      examples: ["choice"],
    }),
    text: Type.String({ description: "The text of the question", examples: ["How are you?"] }),
    required: Type.Boolean({
      description: "Whether a survey is completed only if this question, if visible, is answered",
    }),
    next_qid: Nullable(Type.Integer(), "The qid that follows; -1 is the end"),
    choice_open: Type.Boolean({ description: "Whether it takes free text beside the options" }),
    range_from: Nullable(Type.Number(), "For a range: the smallest number accepted"),
    range_to: Nullable(Type.Number(), "For a range: the largest number accepted"),
    meta: Meta,
    answers: Type.Array(Answer, { description: "Its options" }),
    attachments: Type.Array(AttachmentTemplate, { description: "Files that are shown with it" }),
    has_attachments: Type.Boolean({ description: "Whether it has attachments" }),
    variable_modifications: Modifications,
    forking_rules: Type.Array(Type.Array(FreeJson), {
      description:
        'Targets and conditions: `[[20, "score >= 10"]]`. The first rule whose condition is true decides',
    }),
    show_as_type: Type.String({
      description: "The type of the message that shows the question",
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
  { title: "Group", description: "A group of questions" },
);
export type Group = Static<typeof Group>;

/** A schema in a list. */
export const SchemaSummary = Type.Object(
  {
    id: Id,
    name: Type.String({ description: "The name that all its versions share", examples: ["PHQ-9"] }),
    type: Type.String({
      description: "The type; a server may limit the types",
      examples: ["automated_flow"],
    }),
    version: Type.Integer({ description: "The version, from 1", examples: [1] }),
    published: Type.Boolean({
      description: "Whether it is published, and so can be used and cannot be changed",
    }),
    deprecated: Type.Boolean({ description: "Whether a later version is published" }),
  },
  { title: "SchemaSummary", description: "A schema in a list" },
);
export type SchemaSummary = Static<typeof SchemaSummary>;

/** A complete schema. Grouped questions are under their group, all others under `questions`. */
export const Schema = Type.Object(
  {
    ...SchemaSummary.properties,
    groups: Type.Array(Group, { description: "The groups with their questions, in order" }),
    questions: Type.Array(Question, { description: "The questions without a group" }),
  },
  {
    title: "Schema",
    description: "A complete schema. Grouped questions are under their group, all others under `questions`",
  },
);
export type Schema = Static<typeof Schema>;

/** A finding of the checker. */
export const Finding = Type.Object(
  {
    code: Type.String({ description: "The code of the finding", examples: ["UNREACHABLE"] }),
    severity: Type.String({ description: "error, warning or info" }),
    message: Type.String({ description: "The finding, as a sentence" }),
    qid: Type.Optional(Type.Integer({ description: "The qid of the question" })),
    rule: Type.Optional(Type.Integer({ description: "The index of the rule" })),
    path: Type.Optional(Type.Array(Type.Integer(), { description: "The qids of a path that leads there" })),
    field: Type.Optional(Type.String({ description: "The field of the question" })),
  },
  { additionalProperties: true, title: "Finding", description: "A finding of the checker" },
);
