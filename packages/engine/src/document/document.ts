import { type Static, Type } from "typebox";

/** The format of schema documents; so far the only one. */
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

const Qid = Type.Integer({
  minimum: 0,
  maximum,
  description: "The number by which pointers name the question; unique in the schema",
});
const Next = (description: string) =>
  Type.Union([Type.Integer({ minimum: -1, maximum }), Type.Null()], { description });
const Position = Type.Integer({
  minimum: 0,
  maximum,
  description: "Order among its siblings, no two alike; by default the index in the list",
});
const Text = (description: string) => Type.String({ default: "", description });
const Flag = (description: string) => Type.Boolean({ default: false, description });
const Json = (description: string) => Type.Unknown({ description });
const Bound = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const Meta = Json("Any JSON; sent to clients, without meaning to the engine");
const Comments = Text("Notes for authors; in dumped documents only");
const Modifications = (when: string) =>
  Type.Array(Type.Tuple([Type.String(), Type.String()]), {
    description: `Assignments, applied in order when ${when}: \`[["score", "score + 1"]]\``,
  });
const Translations = (example: string) =>
  Type.Record(Type.String(), Type.Record(Type.String(), Type.String()), {
    description: `Texts in other languages, by language tag and field: \`{"pl": ${example}}\`. Checked for completeness, not shown yet`,
  });

export const AnswerDocument = Type.Object(
  {
    position: Type.Optional(Position),
    text: Type.String({ description: "The wording that people see" }),
    value: Type.Optional(
      Type.Union([Type.String(), Type.Number()], {
        description:
          "What the option means, whatever its wording; unique in the question. By default the text that it had when it was first stored",
      }),
    ),
    next_qid: Type.Optional(Next("The qid that follows this option; -1, null or none is the end")),
    exclusive: Type.Optional(Flag("Not to be combined with other options or with free text")),
    meta: Type.Optional(Meta),
    comments: Type.Optional(Comments),
    variable_modifications: Type.Optional(Modifications("the option is chosen")),
    translations: Type.Optional(Translations('{"text": "Tak"}')),
  },
  { additionalProperties: false },
);

export const AttachmentDocument = Type.Object(
  {
    type: Type.String({ minLength: 1, description: "The kind of file, such as `image`; any text" }),
    title: Type.Optional(Text("Its title")),
    description: Type.Optional(Text("Its description")),
    src: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: "Address of the content" })),
    thumbnail: Type.Optional(Json("Any JSON: a preview")),
    options: Type.Optional(Json("Any JSON: how to display it")),
    object_id: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], {
        description: "Id of an object of the host that it stands for",
      }),
    ),
    content_type: Type.Optional(
      Type.Union([Type.Integer(), Type.String(), Type.Null()], {
        description: "The kind of that object",
      }),
    ),
    translations: Type.Optional(Translations('{"title": "Obraz", "description": "Schemat"}')),
  },
  { additionalProperties: false },
);

export const QuestionDocument = Type.Object(
  {
    qid: Qid,
    position: Type.Optional(Position),
    type: Type.Enum(QUESTION_TYPES, { description: "What it waits for" }),
    group: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: "The name of its group, one of `groups`" }),
    ),
    text: Type.Optional(Text("What people see; a `fork` is never shown")),
    required: Type.Optional(Flag("A survey is complete only once this question, if visible, is answered")),
    next_qid: Type.Optional(
      Next(
        "The qid that follows; -1 is the end. Every type needs it but `choice`, `multichoice` and `fork`: a fork ignores it, and for a choice only a form follows it",
      ),
    ),
    choice_open: Type.Optional(Flag("For `choice` and `multichoice`: takes free text beside the options")),
    range_from: Type.Optional(Bound("For `range`, which needs it: the smallest number accepted")),
    range_to: Type.Optional(Bound("For `range`, which needs it: the largest number accepted")),
    show_as_type: Type.Optional(
      Type.String({
        default: "automated_message",
        description: "The `type` of the chat message that shows the question",
      }),
    ),
    meta: Type.Optional(Meta),
    comments: Type.Optional(Comments),
    variable_modifications: Type.Optional(Modifications("the question is shown, or a fork passed")),
    forking_rules: Type.Optional(
      Type.Array(Type.Tuple([Type.Union([Type.Integer(), Type.String()]), Type.String()]), {
        description:
          'For `fork`, which needs at least one: `[[target, condition]]`, as in `[[20, "score >= 10"]]`. The first rule whose condition is true decides; its target is a qid, or an expression that yields one. Where none is true, the run ends',
      }),
    ),
    answers: Type.Optional(
      Type.Array(AnswerDocument, {
        description: "For `choice` and `multichoice`, which need at least one: the options",
      }),
    ),
    attachments: Type.Optional(
      Type.Array(AttachmentDocument, {
        description: "Files shown with the question; kept and sent to clients as given",
      }),
    ),
    translations: Type.Optional(Translations('{"text": "Jak się czujesz?"}')),
  },
  { additionalProperties: false },
);

export const GroupDocument = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      description: "What questions call it in `group`; unique in the schema",
    }),
    position: Type.Optional(Position),
    translations: Type.Optional(Translations('{"name": "Sen"}')),
  },
  { additionalProperties: false },
);

/** A schema as a JSON document: what `dump` writes, `load` reads, and authors keep in version control. */
export const SchemaDocument = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: "Address of the JSON Schema, for editors; ignored" })),
    format: Type.Literal(FORMAT, { description: "The format of the document" }),
    name: Type.String({
      minLength: 1,
      maxLength: 255,
      description: "The name that all its versions share; not only digits, which would be an id",
    }),
    type: Type.String({
      minLength: 1,
      maxLength: 50,
      description: "What the schema is for, such as `survey`; a server may limit the types",
    }),
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum,
        default: 1,
        description: "The version. A server stores a document without one as the next version of its name",
      }),
    ),
    language: Type.Optional(Type.String({ default: "en", description: "Language tag of the texts" })),
    groups: Type.Optional(Type.Array(GroupDocument, { description: "Named parts of the schema" })),
    questions: Type.Array(QuestionDocument, {
      description: "The questions; a run begins at the first by position",
    }),
  },
  { additionalProperties: false },
);

export type QuestionType = (typeof QUESTION_TYPES)[number];
export type SchemaDocument = Static<typeof SchemaDocument>;
export type GroupDocument = Static<typeof GroupDocument>;
export type QuestionDocument = Static<typeof QuestionDocument>;
export type AnswerDocument = Static<typeof AnswerDocument>;
export type AttachmentDocument = Static<typeof AttachmentDocument>;
