import { isDeepStrictEqual } from "node:util";
import { isTooLong, type Json } from "@colloquy/engine";
import { type ApiError, invalid, notFound, texts } from "@colloquy/protocol";
import { type Author, type ChangeDeps, changeThread } from "../conversation/change/changeThread.ts";
import type { ThreadChange } from "../conversation/change/threadChange.ts";
import type { MessageRow, SeenMessage } from "../conversation/view/message.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import { isScripted, type ThreadView } from "../conversation/view/view.ts";
import { hiddenFrom, type Viewer } from "../conversation/view/visibility.ts";
import { hasAttachments } from "../conversation/view/wire.ts";
import type { Queryable } from "../database/database.ts";
import { findMember } from "../members/queries.ts";
import { poolOf } from "../runs/history.ts";
import { limited } from "../runs/limited.ts";
import { findRun } from "../runs/queries.ts";
import { failRun } from "../runs/steps.ts";
import { type AnswerSettings, answerRules } from "../schemas/answerRules.ts";
import type { SchemaStore } from "../schemas/store.ts";

/** What it takes to edit and delete messages. */
export interface EditDeps extends ChangeDeps {
  db: Queryable;
  schemas: Pick<SchemaStore, "forget" | "get" | "ofQuestion">;
  settings: ChangeDeps["settings"] & AnswerSettings;
}

export interface Edit {
  text?: string;
  meta?: Json;
}

/** Changes a message; its earlier version is kept. */
export function editMessage(
  deps: EditDeps,
  view: ThreadView,
  author: Author,
  id: number,
  edit: Edit,
): Promise<SeenMessage> {
  return changeThread<SeenMessage>(deps, view, author, async (current) => {
    const message = await existing(deps, current, author.viewer, id);
    const { text = message.text, meta = message.meta } = edit;
    const problem = await editProblem(deps, message, { text, meta });
    if (problem !== null) throw problem;
    const mayHide = deps.settings.messages.hidden !== undefined;
    const isMoved = mayHide && !isDeepStrictEqual(meta, message.meta);
    return {
      change: {
        edits: [{ id, text, meta }],
        events: [
          { type: "message_updated", data: { message: id } },
          // From whom it is hidden now, or to whom it is shown, has another count and another last message.
          ...(isMoved ? [{ type: "thread_updated" }] : []),
        ],
      },
      done: ({ now }) => ({ ...message, text, meta, updated: now }),
    };
  });
}

/** The message as it is now. @throws 404 where somebody deleted it meanwhile */
async function existing(deps: EditDeps, view: ThreadView, caller: Viewer, id: number): Promise<SeenMessage> {
  const hidden = hiddenFrom(deps.settings, caller);
  const message = await findMessage(deps.db, view.id, id, caller.id, hidden);
  if (message === null) throw notFound();
  return message;
}

/** An edited answer must still answer its question; what was chosen is not changed by rewording it. */
async function editProblem(
  deps: EditDeps,
  message: MessageRow,
  { text, meta }: { text: string; meta: Json },
): Promise<ApiError | null> {
  if (isTooLong(text, deps.settings.limits.textLength)) return invalid({ text: [texts.TOO_LONG] });
  if (message.run_role !== "answer")
    return text === "" && meta === null && !hasAttachments(message)
      ? invalid({ text: [texts.REQUIRED] })
      : null;
  if (text === message.text) return null;
  if (message.answers.length > 0) return invalid({ text: [texts.WRONG_STATE] });
  const schema = await deps.schemas.ofQuestion(message.related_question!);
  const current = schema?.byId.get(message.related_question!);
  if (current === undefined) return null;
  const verdict = current.kind.accept(current.question, { text }, answerRules(deps.settings));
  return "errors" in verdict ? invalid({ ...verdict.errors }) : null;
}

/** Deletes a message for everybody: it is kept, and never shown again. Its run's pool forgets it. */
export function deleteMessage(deps: EditDeps, view: ThreadView, author: Author, id: number): Promise<void> {
  return changeThread<void>(deps, view, author, async (current) => {
    const message = await existing(deps, current, author.viewer, id);
    const { events = [], ...run } =
      message.run_id === null ? {} : await runWithout(deps, current, message.run_id, id);
    return {
      change: {
        deletes: [id],
        ...run,
        // What is unread and which message is the last may be others now.
        events: [{ type: "message_deleted", data: { message: id } }, ...events, { type: "thread_updated" }],
      },
      done: () => undefined,
    };
  });
}

/** What becomes of a run that loses a message: it has another pool, or is over where that takes too much work. */
async function runWithout(
  deps: EditDeps,
  { id, type }: ThreadView,
  runId: number,
  messageId: number,
): Promise<Partial<ThreadChange>> {
  const run = await findRun(deps.db, runId);
  const schema = limited(deps.settings, type, (await deps.schemas.get(run.schema_id))!);
  const messages = run.messages.filter((message) => message.id !== messageId);
  const { variables, failure } = poolOf(schema, { ...run, messages });
  const member = failure === null ? null : await findMember(deps.db, id, run.user_id);
  if (failure === null || member?.run_id !== runId || !isScripted(member.state))
    return { pools: [{ run: runId, user_id: run.user_id, variables }] };
  const failed = failRun(schema, member, { variables, failure });
  return { members: [failed.member], finishedRuns: failed.finishedRuns, events: [failed.event] };
}
