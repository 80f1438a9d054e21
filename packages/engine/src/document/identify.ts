import type { Answer, AttachmentTemplate, Group, Json, OptionValue, Question, Schema } from "../schema.ts";
import type { AnswerDocument, AttachmentDocument, QuestionDocument, SchemaDocument } from "./document.ts";
import { optionValues } from "./optionValues.ts";

/** The source of row ids. */
export interface RowIds {
  /** The schema's own id; by default the next one. */
  schema?: number;
  next(): number;
}

/**
 * A document as a schema to run: with all defaults, ordered by position, and with row ids (by default from 1). The
 * default position is the index in the list. A group that the document does not define gets an id of no group, which
 * `defineProblems` reports.
 *
 * @param earlier the content that the document replaces: options of the same questions keep their values
 */
export function identify(
  document: SchemaDocument,
  ids: RowIds = counting(),
  earlier: Pick<Schema, "questions"> = { questions: [] },
): Schema {
  const before = new Map(earlier.questions.map(({ qid, answers }) => [qid, answers]));
  const id = ids.schema ?? ids.next();
  const groups = placed(document.groups ?? [], (group, position): Group => {
    return { id: ids.next(), name: group.name, position, translations: group.translations ?? {} };
  });
  const idOf = new Map(groups.toReversed().map((group) => [group.name, group.id]));
  const groupId = (name: string) => idOf.get(name) ?? ids.next();

  return {
    id,
    name: document.name,
    type: document.type,
    version: document.version ?? 1,
    language: document.language ?? "en",
    published: false,
    deprecated: false,
    groups,
    questions: placed(document.questions, (question, position) =>
      identifyQuestion(question, position, groupId, ids, before.get(question.qid)),
    ),
  };
}

function identifyQuestion(
  question: QuestionDocument,
  position: number,
  groupId: (name: string) => number,
  ids: RowIds,
  earlier: readonly Answer[] | undefined,
): Question {
  const id = ids.next();
  const options = placed(question.answers ?? [], (answer, at) => ({ ...answer, position: at }));
  const values = optionValues(options, earlier);
  return {
    id,
    qid: question.qid,
    group: question.group == null ? null : groupId(question.group),
    position,
    type: question.type,
    text: question.text ?? "",
    required: question.required ?? false,
    next_qid: question.next_qid ?? null,
    choice_open: question.choice_open ?? false,
    range_from: question.range_from ?? null,
    range_to: question.range_to ?? null,
    show_as_type: question.show_as_type ?? "automated_message",
    meta: json(question.meta),
    comments: question.comments ?? "",
    variable_modifications: question.variable_modifications ?? [],
    forking_rules: question.forking_rules ?? [],
    answers: options.map((option, index) => identifyAnswer(option, values[index]!, ids)),
    attachments: (question.attachments ?? []).map((attachment) => identifyAttachment(attachment, ids)),
    translations: question.translations ?? {},
  };
}

function identifyAnswer(
  answer: AnswerDocument & { position: number },
  value: OptionValue,
  ids: RowIds,
): Answer {
  return {
    id: ids.next(),
    position: answer.position,
    text: answer.text,
    value,
    next_qid: answer.next_qid ?? null,
    exclusive: answer.exclusive ?? false,
    meta: json(answer.meta),
    comments: answer.comments ?? "",
    variable_modifications: answer.variable_modifications ?? [],
    translations: answer.translations ?? {},
  };
}

function identifyAttachment(attachment: AttachmentDocument, ids: RowIds): AttachmentTemplate {
  return {
    id: ids.next(),
    type: attachment.type,
    title: attachment.title ?? "",
    description: attachment.description ?? "",
    src: attachment.src ?? null,
    thumbnail: json(attachment.thumbnail),
    options: json(attachment.options),
    object_id: attachment.object_id ?? null,
    content_type: attachment.content_type ?? null,
    translations: attachment.translations ?? {},
  };
}

/** Siblings, created in the order of their positions. */
function placed<D extends { position?: number }, R>(
  documents: D[],
  make: (from: D, position: number) => R,
): R[] {
  return documents
    .map((from, index) => ({ from, position: from.position ?? index }))
    .sort((one, other) => one.position - other.position)
    .map(({ from, position }) => make(from, position));
}

/** Free JSON that `parseDocument` has accepted. */
function json(value: unknown): Json {
  return (value ?? null) as Json;
}

function counting(): RowIds {
  let last = 0;
  return { next: () => ++last };
}
