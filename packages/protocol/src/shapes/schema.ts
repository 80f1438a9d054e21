import { type Static, Type } from "typebox";
import { FreeJson, Id, Nullable } from "./nullable.ts";

const Modifications = Type.Array(Type.Array(Type.String()));

export const OptionValue = Type.Union([Type.String(), Type.Number()], {
  description: "What an option is, whatever its wording",
});

export const Answer = Type.Object({
  id: Id,
  question: Id,
  position: Type.Integer(),
  text: Type.String(),
  value: Type.Optional(OptionValue),
  next_qid: Nullable(Type.Integer()),
  exclusive: Type.Boolean(),
  meta: FreeJson,
  variable_modifications: Modifications,
});
export type Answer = Static<typeof Answer>;

export const AttachmentTemplate = Type.Object({
  id: Id,
  question: Id,
  type: Type.String(),
  title: Type.String(),
  description: Type.String(),
  src: Nullable(Type.String()),
  thumbnail: FreeJson,
  options: FreeJson,
  object_id: Nullable(Type.Integer()),
  content_type: FreeJson,
});
export type AttachmentTemplate = Static<typeof AttachmentTemplate>;

export const Question = Type.Object({
  id: Id,
  schema: Id,
  group: Nullable(Type.Integer()),
  qid: Type.Integer(),
  position: Type.Integer(),
  type: Type.String(),
  text: Type.String(),
  required: Type.Boolean(),
  next_qid: Nullable(Type.Integer()),
  choice_open: Type.Boolean(),
  range_from: Nullable(Type.Number()),
  range_to: Nullable(Type.Number()),
  meta: FreeJson,
  answers: Type.Array(Answer),
  attachments: Type.Array(AttachmentTemplate),
  has_attachments: Type.Boolean(),
  variable_modifications: Modifications,
  forking_rules: Type.Array(Type.Array(FreeJson)),
  show_as_type: Type.String(),
});
export type Question = Static<typeof Question>;

export const Group = Type.Object({
  id: Id,
  schema: Id,
  name: Type.String(),
  position: Type.Integer(),
  questions: Type.Array(Question),
});
export type Group = Static<typeof Group>;

/** A schema in a list. */
export const SchemaSummary = Type.Object({
  id: Id,
  name: Type.String(),
  type: Type.String(),
  version: Type.Integer(),
  published: Type.Boolean(),
  deprecated: Type.Boolean(),
});
export type SchemaSummary = Static<typeof SchemaSummary>;

/** A complete schema. Grouped questions are under their group, all others under `questions`. */
export const Schema = Type.Object({
  ...SchemaSummary.properties,
  groups: Type.Array(Group),
  questions: Type.Array(Question),
});
export type Schema = Static<typeof Schema>;

/** A finding of the checker. */
export const Finding = Type.Object(
  {
    code: Type.String(),
    severity: Type.String({ description: "error, warning or info" }),
    message: Type.String(),
    qid: Type.Optional(Type.Integer()),
    rule: Type.Optional(Type.Integer()),
    path: Type.Optional(Type.Array(Type.Integer())),
    field: Type.Optional(Type.String()),
  },
  { additionalProperties: true },
);
