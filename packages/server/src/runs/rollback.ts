import type { CompiledSchema } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { ThreadChange } from "../conversation/change/threadChange.ts";
import type { MessageRow } from "../conversation/view/message.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { poolOf, type RunHistory } from "./history.ts";
import { failRun, memberOf } from "./steps.ts";

/** What going back changes, null where that is nothing; or what is wrong with it. */
export type Rollback = { change: ThreadChange | null } | { errors: FieldErrors };

/** Where a scripted run goes back to: a question's message, or null for one question back. */
export function rollbackScripted(
  schema: CompiledSchema,
  view: ThreadView,
  run: RunHistory,
  messageId: number | null,
): Rollback {
  const isWaiting = ({ run_role, related_question }: MessageRow) =>
    run_role === "question" && schema.byId.get(related_question!)?.kind.waits === true;
  const questions = run.messages.filter(isWaiting);
  const target =
    messageId === null
      ? questions.findLast((message) => message.id !== view.related_message)
      : questions.find((message) => message.id === messageId);
  if (target === undefined)
    return messageId === null
      ? { errors: { non_field_errors: [texts.AT_THE_BEGINNING] } }
      : { errors: { message: [texts.NOT_A_QUESTION] } };
  const { related_question: question, seq: after } = target;
  return { change: goBack(schema, view, run, { question: question!, after, shown: target }) };
}

/** Takes a front-end controlled run back to a question: what was said from there on goes. */
export function rollbackControlled(
  schema: CompiledSchema,
  view: ThreadView,
  run: RunHistory,
  questionId: number,
): Rollback {
  if (schema.byId.get(questionId)?.question.type === "control") return { change: null };
  const target = run.messages.findLast(
    ({ run_role, related_question }) => run_role === "question" && related_question === questionId,
  );
  if (target === undefined) return { errors: { question: [texts.NO_SUCH_MESSAGE] } };
  return { change: goBack(schema, view, run, { question: questionId, after: target.seq - 1, shown: null }) };
}

interface Target {
  question: number;
  /** Messages of the run behind this position go. */
  after: number;
  /** The message that still shows the question. */
  shown: MessageRow | null;
}

function goBack(schema: CompiledSchema, view: ThreadView, run: RunHistory, target: Target): ThreadChange {
  const kept = run.messages
    .filter((message) => message.seq <= target.after)
    .map((message) => (message === target.shown ? { ...message, passed: [] } : message));
  const gone = run.messages.filter((message) => message.seq > target.after).map((message) => message.id);
  const { variables, failure } = poolOf(schema, { passed: run.passed, messages: kept });
  // Without its pool a run cannot go on anywhere.
  if (failure !== null) {
    const { member, finishedRuns, event } = failRun(schema, view, { variables, failure });
    return { members: [member], finishedRuns, events: [event, { type: "thread_updated" }] };
  }
  return {
    deletes: gone,
    ...(target.shown === null ? {} : { unpassed: [target.shown.id] }),
    members: [
      {
        ...memberOf(view),
        question_id: target.question,
        related_message: target.shown?.id ?? null,
        variables,
      },
    ],
    events: [
      ...gone.map((message) => ({ type: "message_deleted", data: { message } })),
      gone.length > 0 ? { type: "thread_updated" } : { type: "thread_updated", user_id: view.user_id },
    ],
  };
}
