import type { AnswerInput, CompiledQuestion, CompiledSchema, Json } from "@colloquy/engine";
import { ApiError, type FieldErrors, invalid, notFound, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { missingText, unknownAnswers } from "../messages/answerErrors.ts";
import { answerRules } from "../runs/answerRules.ts";
import { type Changed, changeSurvey } from "./change.ts";
import type { ItemRow, Put, Snapshot } from "./queries.ts";

/** An answer as somebody sends it. */
export interface Entry {
  related_question: number;
  answers: number[];
  text: string;
  meta: Json;
}

/** Answers a question for the first time. With `verify` it is only seen what would follow. */
export function postItem(
  core: Core,
  seen: Snapshot,
  sender: number,
  entry: Entry,
  { verify }: { verify: boolean },
): Promise<Changed> {
  return changeSurvey(
    core,
    seen,
    async (survey, schema) => {
      const isAnswered = survey.given.some((given) => given.question_id === entry.related_question);
      if (isAnswered) throw invalid({ related_question: [texts.ALREADY_ANSWERED] });
      return { puts: [await accepted(core, schema, sender, entry)], drops: [] };
    },
    { verify },
  );
}

/** Changes an answer. */
export function editItem(
  core: Core,
  seen: Snapshot,
  { id, question_id, sender_id }: ItemRow,
  entry: Omit<Entry, "related_question">,
): Promise<Changed> {
  return changeSurvey(core, seen, async (survey, schema) => {
    expectItem(survey, id);
    const put = await accepted(core, schema, sender_id, { ...entry, related_question: question_id });
    return { puts: [put], drops: [] };
  });
}

/** Takes an answer away. */
export function deleteItem(core: Core, seen: Snapshot, { id }: ItemRow): Promise<Changed> {
  return changeSurvey(core, seen, (survey) => {
    expectItem(survey, id);
    return { puts: [], drops: [id] };
  });
}

/** Another device may have taken it away meanwhile. */
function expectItem({ given }: Snapshot, item: number): void {
  if (!given.some(({ id }) => id === item)) throw notFound();
}

/** Stores several answers, all or none: new ones, and others in place of earlier ones. What is not named stays. */
export function putItems(
  core: Core,
  seen: Snapshot,
  sender: number,
  entries: readonly Entry[],
): Promise<Changed> {
  return changeSurvey(core, seen, async (_survey, schema) => {
    const verdicts = await Promise.all(
      entries.map((entry, index) =>
        entries.findIndex(({ related_question }) => related_question === entry.related_question) < index
          ? { errors: { related_question: [texts.ALREADY_ANSWERED] } }
          : verdictOn(core, schema, sender, entry),
      ),
    );
    if (verdicts.some((verdict) => "errors" in verdict))
      throw new ApiError(
        400,
        verdicts.map((verdict) => ("errors" in verdict ? verdict.errors : {})),
      );
    return { puts: verdicts.flatMap((verdict) => ("put" in verdict ? verdict.put : [])), drops: [] };
  });
}

async function accepted(
  core: Core,
  schema: CompiledSchema,
  sender: number | null,
  entry: Entry,
): Promise<Put> {
  const verdict = await verdictOn(core, schema, sender, entry);
  if ("errors" in verdict) throw invalid(verdict.errors);
  return verdict.put;
}

async function verdictOn(
  core: Core,
  schema: CompiledSchema,
  sender_id: number | null,
  entry: Entry,
): Promise<{ put: Put } | { errors: FieldErrors }> {
  const current = schema.byId.get(entry.related_question);
  if (current === undefined)
    return { errors: { related_question: await foreign(core, entry.related_question) } };
  // Nobody is ever asked a fork.
  if (!current.kind.shown) return { errors: { related_question: [texts.WRONG_STATE] } };
  const verdict = accept(core, current, entry);
  if ("errors" in verdict) {
    const errors = missingText(core.settings, current.question.type, verdict.errors);
    const unknown = await unknownAnswers(core, entry.answers);
    return { errors: unknown === null ? errors : { ...errors, answers: unknown } };
  }
  const { answers, text } = verdict.accepted;
  const put = {
    question_id: current.question.id,
    answers: answers.map((option) => option.id),
    text,
    written: current.question.type === "control" ? "" : entry.text,
    meta: entry.meta,
    sender_id,
  };
  return { put };
}

function accept({ settings }: Core, { kind, question }: CompiledQuestion, input: AnswerInput) {
  return kind.accept(question, input, answerRules(settings));
}

async function foreign({ schemas }: Core, question: number): Promise<string[]> {
  const exists = (await schemas.ofQuestion(question)) !== null;
  return [exists ? texts.QUESTION_FROM_WRONG_SCHEMA : texts.pkNotFound(question)];
}
