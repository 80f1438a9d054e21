import type { Answer, AttachmentTemplate, Group, Json, Question, Schema } from "../schema.ts";
import {
  type AnswerDocument,
  type AttachmentDocument,
  FORMAT,
  type GroupDocument,
  type QuestionDocument,
  type SchemaDocument,
} from "./document.ts";

/**
 * A schema as a document: canonical (the same schema gives the same text) and minimal (without the defaults that
 * `identify` fills in). Row ids, group ids and the publication state are left out; `identify(dump(schema))` restores
 * everything else.
 */
export function dump(schema: Schema): SchemaDocument {
  const groupNames = new Map(schema.groups.map((group) => [group.id, group.name]));
  return {
    format: FORMAT,
    name: schema.name,
    type: schema.type,
    ...given(
      { version: schema.version, language: schema.language, groups: schema.groups.map(dumpGroup) },
      { version: 1, language: "en" },
    ),
    questions: schema.questions.map((question, index) => dumpQuestion(question, index, groupNames)),
  };
}

function dumpGroup(group: Group, index: number): GroupDocument {
  return {
    name: group.name,
    ...given({ position: group.position, translations: sorted(group.translations) }, { position: index }),
  };
}

function dumpQuestion(question: Question, index: number, groupNames: Map<number, string>): QuestionDocument {
  const { qid, type } = question;
  return {
    qid,
    ...given({ position: question.position }, { position: index }),
    type,
    ...given(
      {
        group: question.group === null ? null : (groupNames.get(question.group) ?? null),
        text: question.text,
        required: question.required,
        next_qid: question.next_qid,
        choice_open: question.choice_open,
        range_from: question.range_from,
        range_to: question.range_to,
        show_as_type: question.show_as_type,
        meta: sorted(question.meta),
        comments: question.comments,
        variable_modifications: question.variable_modifications,
        forking_rules: question.forking_rules,
        answers: question.answers.map(dumpAnswer),
        attachments: question.attachments.map(dumpAttachment),
        translations: sorted(question.translations),
      },
      { show_as_type: "automated_message", meta: null },
    ),
  };
}

function dumpAnswer(answer: Answer, index: number): AnswerDocument {
  const { id: _, position, text, value, meta, translations, ...rest } = answer;
  const fields = { ...rest, meta: sorted(meta), translations: sorted(translations) };
  return {
    ...given({ position }, { position: index }),
    text,
    ...given({ value }, { value: text }),
    ...given(fields, { meta: null }),
  };
}

function dumpAttachment({ id: _, type, ...rest }: AttachmentTemplate): AttachmentDocument {
  const free = { thumbnail: sorted(rest.thumbnail), options: sorted(rest.options) };
  const fields = { ...rest, ...free, translations: sorted(rest.translations) };
  return { type, ...given(fields, { src: null, content_type: null, thumbnail: null, options: null }) };
}

/**
 * The fields that differ from their default: the given one, else an empty value (null, "", false, [] and {}). The
 * default of free JSON is null, since an empty object is a value there.
 */
function given<T extends object>(fields: T, defaults: Partial<T>): Partial<T> {
  const told = Object.entries(fields).filter(([field, value]) =>
    field in defaults ? value !== defaults[field as keyof T] : !isEmpty(value),
  );
  return Object.fromEntries(told) as Partial<T>;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Free JSON with sorted keys: the database does not keep the author's order. */
function sorted<T extends Json>(value: T): T;
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
