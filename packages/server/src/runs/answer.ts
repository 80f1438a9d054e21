import { answer, type CompiledQuestion, type CompiledSchema, isTooLong } from "@colloquy/engine";
import { type FieldErrors, invalid, texts } from "@colloquy/protocol";
import { committedView, type Decision } from "../conversation/change/changeThread.ts";
import type { Committed } from "../conversation/change/writeChange.ts";
import { seenByAuthor } from "../conversation/change/writer.ts";
import type { Draft, Posted } from "../conversation/draft.ts";
import { ofThreadType, type ThreadTypes } from "../conversation/view/threadTypes.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import {
  type HiddenRule,
  type Hiding,
  hiddenFrom,
  isHidden,
  type Viewer,
} from "../conversation/view/visibility.ts";
import { missingText } from "../schemas/answerErrors.ts";
import { type AnswerSettings, answerRules } from "../schemas/answerRules.ts";
import type { SchemaStore } from "../schemas/store.ts";
import type { Attempt } from "./inFlight.ts";
import { limited } from "./limited.ts";
import { applyStep, flowMode, type RunChange } from "./steps.ts";

/** What it takes to judge an answer. */
export interface AnswerDeps {
  schemas: Pick<SchemaStore, "get">;
  settings: AnswerSettings & ThreadTypes;
}

/** A question, and its schema as the author's thread uses it. */
export interface OpenQuestion {
  schema: CompiledSchema;
  current: CompiledQuestion;
}

/**
 * Judges an answer: in `scripted` to the question that waits, front-end controlled to the one that it names.
 *
 * @param isOvertaken another answer of the author's came first
 */
export async function judgeAnswer(
  { schemas, settings }: AnswerDeps,
  view: ThreadView,
  draft: Draft,
  isOvertaken: boolean,
): Promise<{ errors: FieldErrors } | { question: OpenQuestion }> {
  const schema = limited(settings, view.type, (await schemas.get(view.schema_id!))!);
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
    if (isTooLong(draft.text, settings.limits.textLength)) errors.text = [texts.TOO_LONG];
    return { errors };
  }
  const verdict = current.kind.accept(current.question, draft, answerRules(settings));
  if (!("errors" in verdict)) return { question: { schema, current } };
  return { errors: missingText(settings, current.question.type, verdict.errors) };
}

/** What follows from the answer to a question of the author's schema. */
export function decideAnswer(
  settings: AnswerSettings & ThreadTypes & Hiding,
  view: ThreadView,
  author: Viewer,
  draft: Draft,
  attempt: Attempt,
  { schema, current }: OpenQuestion,
): Decision<Posted> {
  const { moveOn, storeAnswers } = ofThreadType(settings, view.type);
  const rules = answerRules(settings);
  // A front end may answer any question; the run waits at one all the same.
  const { question } = schema.byId.get(view.question_id ?? current.question.id) ?? current;
  const run = { question: question.qid, variables: view.variables };
  const outcome = answer(schema, flowMode(view.state), run, current, draft, rules, { moveOn });
  if ("errors" in outcome) throw invalid({ ...outcome.errors });
  const { type, meta, client_id, language } = draft;
  const moved = applyStep(schema, view, outcome, { type, meta, client_id, language }, { storeAnswers });
  const { change } = moved;
  attachTo(moved, draft);
  // Whoever follows the thread learns of the new question from the messages that come with it.
  if (change.messages!.length === 0) change.events.push({ type: "thread_updated", user_id: view.user_id });
  // What takes no answer is confirmed; a front end that posts a `message` question gets that message.
  const shown = view.state !== "scripted" && current.question.type === "message" ? 0 : null;
  if (moved.answer === null && shown === null && client_id !== null)
    change.confirmation = { user_id: view.user_id, client_id };
  attempt.writes(current.question.id);
  return {
    change,
    done: (committed) => {
      attempt.wrote(true);
      return posted(view, moved, committed, moved.answer ?? shown, hiddenFrom(settings, author));
    },
  };
}

/** What comes with an answer is attached to its message; what takes none has nothing to attach it to. */
function attachTo({ change, answer }: RunChange, { attachments }: Draft): void {
  if (attachments.length === 0) return;
  if (answer === null) throw invalid({ attachments: [texts.WRONG_STATE] });
  change.messages![answer]!.attachments = attachments;
}

function posted(
  view: ThreadView,
  { change, member }: RunChange,
  committed: Committed,
  index: number | null,
  hidden: HiddenRule,
): Posted {
  const messages = change.messages!;
  const { related_new, ...mode } = member;
  const related_message = related_new == null ? member.related_message : committed.messages[related_new]!.id;
  const after = committedView(view, committed, { ...mode, related_message });
  const news = messages.map((message, position) => seenByAuthor(view, message, committed, position));
  const unread = news.filter((message) => !message.is_read && !isHidden(message, hidden));
  const message = index === null ? null : news[index]!;
  const isForAuthor = message?.sender_id === view.user_id || (message !== null && !isHidden(message, hidden));
  return {
    message: isForAuthor ? message : null,
    news,
    view: { ...after, unread: after.unread + unread.length },
    created: true,
  };
}
