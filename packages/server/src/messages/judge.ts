import { isTooLong } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { Draft } from "../conversation/draft.ts";
import { isScripted, type ThreadView } from "../conversation/view/view.ts";
import type { Queryable } from "../database/database.ts";
import { holds, PERMISSION } from "../policies/bits.ts";
import { type AnswerDeps, judgeAnswer, type OpenQuestion } from "../runs/answer.ts";
import { unknownAnswers } from "../schemas/answerErrors.ts";
import type { AnswerSettings } from "../schemas/answerRules.ts";
import type { SchemaStore } from "../schemas/store.ts";

/** What it takes to judge a draft. */
export interface JudgeDeps extends AnswerDeps {
  db: Queryable;
  schemas: Pick<SchemaStore, "get" | "ofQuestion">;
}

/** What a draft is for its author: all that is wrong with it, an answer to a question, or a message of its own. */
export type Judged = { errors: FieldErrors } | { question: OpenQuestion } | "free";

/** Judges a draft by how its author sees the thread. `isOvertaken`: another answer of theirs came first. */
export async function judge(
  deps: JudgeDeps,
  view: ThreadView,
  draft: Draft,
  isOvertaken = false,
): Promise<Judged> {
  const breaks = draft.break_state && holds(view.permissions, PERMISSION.BREAK_STATE);
  const judged =
    isScripted(view.state) && !breaks
      ? await judgeAnswer(deps, view, draft, isOvertaken)
      : judgeFree(deps.settings, view, draft, isOvertaken);
  if (draft.break_state && !breaks) {
    const errors = typeof judged === "object" && "errors" in judged ? judged.errors : {};
    return { errors: await withUnknown(deps, draft, { ...errors, break_state: [texts.NO_PERMISSIONS] }) };
  }
  if (judged === "free" || "question" in judged) return judged;
  return { errors: await withUnknown(deps, draft, judged.errors) };
}

/** All that is wrong with a draft by how its author sees the thread. */
export async function draftErrors(deps: JudgeDeps, view: ThreadView, draft: Draft): Promise<FieldErrors> {
  const judged = await judge(deps, view, draft);
  return typeof judged === "object" && "errors" in judged ? judged.errors : {};
}

type TextLimit = Pick<AnswerSettings, "limits">;

/** A message that is no answer. */
function judgeFree(settings: TextLimit, view: ThreadView, draft: Draft, isOvertaken: boolean): Judged {
  const errors: FieldErrors = freeErrors(settings, draft);
  const isClosed = view.state === "closed" && !holds(view.permissions, PERMISSION.REOPEN);
  const problems = [
    ...(isClosed ? [texts.THREAD_IS_CLOSED] : []),
    ...(isOvertaken || draft.related_message !== null ? [texts.ALREADY_ANSWERED] : []),
  ];
  if (problems.length > 0) errors.non_field_errors = problems;
  return Object.keys(errors).length > 0 ? { errors } : "free";
}

/** What is wrong with the fields of a message that is no answer. */
export function freeErrors({ limits }: TextLimit, draft: Draft): FieldErrors {
  const { answers, text, meta, question, attachments } = draft;
  const errors: FieldErrors = {};
  if (answers.length > 0) errors.answers = [texts.WRONG_STATE];
  else if (text === "" && meta === null && attachments.length === 0) errors.text = [texts.REQUIRED];
  if (isTooLong(text, limits.textLength)) errors.text = [texts.TOO_LONG];
  if (question !== null) errors.question = [texts.QUESTION_FROM_WRONG_SCHEMA];
  return errors;
}

/** The errors of a draft, and the texts for ids in it that exist nowhere: these win. Only asked for where it is refused. */
async function withUnknown(
  { db, schemas }: JudgeDeps,
  draft: Draft,
  errors: FieldErrors,
): Promise<FieldErrors> {
  const answers = await unknownAnswers(db, draft.answers);
  const isUnknown = draft.question !== null && (await schemas.ofQuestion(draft.question)) === null;
  return {
    ...errors,
    ...(answers === null ? {} : { answers }),
    ...(isUnknown ? { question: [texts.pkNotFound(draft.question!)] } : {}),
  };
}
