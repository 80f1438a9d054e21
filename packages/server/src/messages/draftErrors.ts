import { type CompiledQuestion, type CompiledSchema, isTooLong } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { holds, PERMISSION } from "../policies/bits.ts";
import { answerRules } from "../schemas/answerRules.ts";
import { limited } from "../runs/limited.ts";
import { isScripted, type ThreadView } from "../conversation/view/view.ts";
import { missingText, unknownAnswers } from "../schemas/answerErrors.ts";
import type { Draft } from "./post.ts";

/** What a draft is for its author: all that is wrong with it, an answer to a question, or a message of its own. */
export type Judged = { errors: FieldErrors } | { asked: Asked } | "free";

/** A question, and its schema as the author's thread uses it. */
export interface Asked {
  schema: CompiledSchema;
  current: CompiledQuestion;
}

/** Judges a draft by how its author sees the thread. `isOvertaken`: another answer of theirs came first. */
export async function judge(
  core: Core,
  view: ThreadView,
  draft: Draft,
  isOvertaken = false,
): Promise<Judged> {
  const breaks = draft.break_state && holds(view.permissions, PERMISSION.BREAK_STATE);
  const judged =
    isScripted(view.state) && !breaks
      ? await judgeAnswer(core, view, draft, isOvertaken)
      : judgeFree(core, view, draft, isOvertaken);
  if (draft.break_state && !breaks) {
    const errors = typeof judged === "object" && "errors" in judged ? judged.errors : {};
    return { errors: await withUnknown(core, draft, { ...errors, break_state: [texts.NO_PERMISSIONS] }) };
  }
  if (judged === "free" || "asked" in judged) return judged;
  return { errors: await withUnknown(core, draft, judged.errors) };
}

/** All that is wrong with a draft by how its author sees the thread. */
export async function draftErrors(core: Core, view: ThreadView, draft: Draft): Promise<FieldErrors> {
  const judged = await judge(core, view, draft);
  return typeof judged === "object" && "errors" in judged ? judged.errors : {};
}

/** A message that is no answer. */
function judgeFree(core: Core, view: ThreadView, draft: Draft, isOvertaken: boolean): Judged {
  const errors: FieldErrors = freeErrors(core, draft);
  const isClosed = view.state === "closed" && !holds(view.permissions, PERMISSION.REOPEN);
  const problems = [
    ...(isClosed ? [texts.THREAD_IS_CLOSED] : []),
    ...(isOvertaken || draft.related_message !== null ? [texts.ALREADY_ANSWERED] : []),
  ];
  if (problems.length > 0) errors.non_field_errors = problems;
  return Object.keys(errors).length > 0 ? { errors } : "free";
}

/** What is wrong with the fields of a message that is no answer. */
export function freeErrors(core: Core, { answers, text, meta, question }: Draft): FieldErrors {
  const errors: FieldErrors = {};
  if (answers.length > 0) errors.answers = [texts.WRONG_STATE];
  else if (text === "" && meta === null) errors.text = [texts.REQUIRED];
  if (isTooLong(text, core.settings.limits.textLength)) errors.text = [texts.TOO_LONG];
  if (question !== null) errors.question = [texts.QUESTION_FROM_WRONG_SCHEMA];
  return errors;
}

/** An answer: in `scripted` to the question that waits, front-end controlled to the one that it names. */
async function judgeAnswer(
  core: Core,
  view: ThreadView,
  draft: Draft,
  isOvertaken: boolean,
): Promise<Judged> {
  const schema = limited(core.settings, view.type, (await core.schemas.get(view.schema_id!))!);
  const isControlled = view.state === "scripted_fe_controlled";
  const { question, related_message } = draft;
  const asked = isControlled ? question : view.question_id;
  const current = asked === null ? undefined : schema.byId.get(asked);
  const errors: FieldErrors = {};
  if (asked === null) errors.question = [texts.REQUIRED];
  else if (!schema.byId.has(question ?? asked)) errors.question = [texts.QUESTION_FROM_WRONG_SCHEMA];

  const namesAnother =
    (related_message !== null && related_message !== view.related_message) ||
    (question !== null && question !== asked && errors.question === undefined);
  if (isOvertaken || namesAnother) errors.non_field_errors = [texts.ALREADY_ANSWERED];
  // What was meant for another question is not checked against this one.
  if (current === undefined || Object.keys(errors).length > 0) {
    if (isTooLong(draft.text, core.settings.limits.textLength)) errors.text = [texts.TOO_LONG];
    return { errors };
  }
  const verdict = current.kind.accept(current.question, draft, answerRules(core.settings));
  if (!("errors" in verdict)) return { asked: { schema, current } };
  return { errors: missingText(core.settings, current.question.type, verdict.errors) };
}

/** The errors of a draft, and the texts for ids in it that exist nowhere: these win. Only asked for where it is refused. */
async function withUnknown(core: Core, draft: Draft, errors: FieldErrors): Promise<FieldErrors> {
  const answers = await unknownAnswers(core, draft.answers);
  const isUnknown = draft.question !== null && (await core.schemas.ofQuestion(draft.question)) === null;
  return {
    ...errors,
    ...(answers === null ? {} : { answers }),
    ...(isUnknown ? { question: [texts.pkNotFound(draft.question!)] } : {}),
  };
}
