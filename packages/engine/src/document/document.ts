import { type Static, Type } from "typebox";

/** The file form of a schema, its only format so far; older ones are upgraded at the door. */
export const FORMAT = "colloquy.schema/1";

export const QUESTION_TYPES = [
  "message",
  "fork",
  "control",
  "choice",
  "multichoice",
  "text",
  "date",
  "time",
  "datetime",
  "int",
  "float",
  "range",
] as const;

/** Numbers that a Postgres `integer` holds. */
const maximum = 2_147_483_647;

const Json = Type.Unknown({ description: "Free JSON" });
const Qid = Type.Integer({ minimum: 0, maximum });
const Next = Type.Union([Type.Integer({ minimum: -1, maximum }), Type.Null()], {
  description: "The qid that follows; -1 (on an answer also null) is the end",
});
const Position = Type.Integer({
  minimum: 0,
  maximum,
  description: "Order among its siblings; by default the place in the list",
});
const Comments = Type.String({ description: "For authors; never leaves the server" });

const Modifications = Type.Array(Type.Tuple([Type.String(), Type.String()]), {
  description: 'Assignments applied in order: [["score", "score + 1"]]',
});
const Rules = Type.Array(Type.Tuple([Type.Union([Type.Integer(), Type.String()]), Type.String()]), {
  description:
    'The first rule whose condition holds wins: [[target, condition]], as in [[20, "score >= 10"]]',
});

/** Texts in other languages, by language tag and field: `{"pl": {"text": "Jak się czujesz?"}}`. */
const Translations = Type.Record(Type.String(), Type.Record(Type.String(), Type.String()));

export const AnswerDocument = Type.Object(
  {
    position: Type.Optional(Position),
    text: Type.String(),
    value: Type.Optional(
      Type.Union([Type.String(), Type.Number()], {
        description:
          "What the option is, whatever its wording; unique in the question. By default the text that it had when it was first stored",
      }),
    ),
    next_qid: Type.Optional(Next),
    exclusive: Type.Optional(Type.Boolean({ default: false, description: "Stands alone in a multichoice" })),
    meta: Type.Optional(Json),
    comments: Type.Optional(Comments),
    variable_modifications: Type.Optional(Modifications),
    translations: Type.Optional(Translations),
  },
  { additionalProperties: false },
);

export const AttachmentDocument = Type.Object(
  {
    type: Type.String({ minLength: 1 }),
    title: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    src: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    thumbnail: Type.Optional(Json),
    options: Type.Optional(Json),
    object_id: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    content_type: Type.Optional(Type.Union([Type.Integer(), Type.String(), Type.Null()])),
    translations: Type.Optional(Translations),
  },
  { additionalProperties: false },
);

export const QuestionDocument = Type.Object(
  {
    qid: Qid,
    position: Type.Optional(Position),
    type: Type.Enum(QUESTION_TYPES),
    group: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "The name of its group" })),
    text: Type.Optional(Type.String({ default: "" })),
    required: Type.Optional(
      Type.Boolean({ default: false, description: "Counts for a survey's completion" }),
    ),
    next_qid: Type.Optional(Next),
    choice_open: Type.Optional(
      Type.Boolean({ default: false, description: "A choice that also takes free text" }),
    ),
    range_from: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    range_to: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    show_as_type: Type.Optional(
      Type.String({ default: "automated_message", description: "The type of the message that shows it" }),
    ),
    meta: Type.Optional(Json),
    comments: Type.Optional(Comments),
    variable_modifications: Type.Optional(Modifications),
    forking_rules: Type.Optional(Rules),
    answers: Type.Optional(Type.Array(AnswerDocument)),
    attachments: Type.Optional(Type.Array(AttachmentDocument)),
    translations: Type.Optional(Translations),
  },
  { additionalProperties: false },
);

export const GroupDocument = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    position: Type.Optional(Position),
    translations: Type.Optional(Translations),
  },
  { additionalProperties: false },
);

/** A whole schema as a JSON file: what `dump` writes, `load` reads and version control keeps. */
export const SchemaDocument = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    format: Type.Literal(FORMAT),
    name: Type.String({ minLength: 1, maxLength: 255 }),
    type: Type.String({ minLength: 1, maxLength: 50 }),
    version: Type.Optional(Type.Integer({ minimum: 1, maximum, default: 1 })),
    language: Type.Optional(
      Type.String({ default: "en", description: "The language its texts are written in" }),
    ),
    groups: Type.Optional(Type.Array(GroupDocument)),
    questions: Type.Array(QuestionDocument),
  },
  { additionalProperties: false },
);

export type QuestionType = (typeof QUESTION_TYPES)[number];
export type SchemaDocument = Static<typeof SchemaDocument>;
export type GroupDocument = Static<typeof GroupDocument>;
export type QuestionDocument = Static<typeof QuestionDocument>;
export type AnswerDocument = Static<typeof AnswerDocument>;
export type AttachmentDocument = Static<typeof AttachmentDocument>;
