import type { Answer, AttachmentTemplate, Question, Schema } from "@colloquy/engine";
import type { Question as QuestionWire, SchemaSummary, Schema as SchemaWire } from "@colloquy/protocol";
import type { Compat } from "../http/compat.ts";
import type { SchemaRow } from "./queries.ts";

const questions = new WeakMap<Question, QuestionWire>();

/** A question as it crosses the wire; made once, since neither it nor the settings of its server ever change. */
export function toQuestion(
  { settings }: { settings: Compat },
  question: Question,
  schemaId: number,
): QuestionWire {
  const known = questions.get(question);
  if (known !== undefined) return known;
  const { comments: _comments, translations: _translations, ...rest } = question;
  // chat_api's options have no value.
  const shows = settings.compat !== "chat_api";
  const wire: QuestionWire = {
    ...rest,
    schema: schemaId,
    answers: question.answers.map((answer) => toAnswer(answer, question.id, shows)),
    attachments: question.attachments.map((attachment) => toAttachment(attachment, question.id)),
    has_attachments: question.attachments.length > 0,
  };
  questions.set(question, wire);
  return wire;
}

function toAnswer(
  { comments: _comments, translations: _translations, value, ...answer }: Answer,
  question: number,
  showsValue: boolean,
) {
  return showsValue ? { ...answer, value, question } : { ...answer, question };
}

function toAttachment({ translations: _translations, ...attachment }: AttachmentTemplate, question: number) {
  return { ...attachment, question };
}

/** A schema whole: grouped questions under their group, the rest under `questions`. */
export function toSchema(
  deps: { settings: Compat },
  schema: Schema,
  flags: { published: boolean; deprecated: boolean },
): SchemaWire {
  const byGroup = Map.groupBy(schema.questions, (question) => question.group);
  const of = (group: number | null) =>
    (byGroup.get(group) ?? []).map((question) => toQuestion(deps, question, schema.id));
  return {
    id: schema.id,
    name: schema.name,
    type: schema.type,
    version: schema.version,
    published: flags.published,
    deprecated: flags.deprecated,
    groups: schema.groups.map(({ id, name, position }) => ({
      id,
      schema: schema.id,
      name,
      position,
      questions: of(id),
    })),
    questions: of(null),
  };
}

/** A version without its questions. */
export function toSummary({ id, name, type, version, published, deprecated }: SchemaRow): SchemaSummary {
  return { id, name, type, version, published, deprecated };
}
