import { denied, invalid } from "@colloquy/protocol";
import {
  type Author,
  type ChangeDeps,
  changeThread,
  committedView,
  type Decision,
  isDuplicateMessage,
  sayAtOnce,
} from "../conversation/change/changeThread.ts";
import { type FreeMessage, saying, type ThreadChange } from "../conversation/change/threadChange.ts";
import { seenByAuthor } from "../conversation/change/writer.ts";
import type { Draft, Posted } from "../conversation/draft.ts";
import { isScripted, NO_SCHEMA, type ThreadView } from "../conversation/view/view.ts";
import type { CachedView } from "../conversation/view/viewCache.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import type { Hub } from "../realtime/hub.ts";
import { decideAnswer } from "../runs/answer.ts";
import type { Attempt } from "../runs/inFlight.ts";
import { isOvertaken } from "../runs/overtaken.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { freeErrors, type JudgeDeps, judge } from "./judge.ts";
import { findByClientId, hasConfirmed } from "./queries.ts";

/** What it takes to post. */
export interface PostDeps extends ChangeDeps, JudgeDeps {
  hub: Pick<Hub, "watched">;
  schemas: Pick<SchemaStore, "forget" | "get" | "ofQuestion">;
  settings: ChangeDeps["settings"] & JudgeDeps["settings"];
}

/**
 * Posts a message on what is remembered of the thread, where that is as it was. Null where it is not, or the message
 * cannot be posted so: then the thread is to be read first.
 */
export async function postAtOnce(
  deps: PostDeps,
  known: CachedView,
  draft: Draft,
  attempt: Attempt,
): Promise<Posted | null> {
  const { view } = known;
  if (!["open", "assisted"].includes(view.state) || draft.break_state || draft.related_message !== null)
    return null;
  if (draft.attachments.length > 0) return null;
  if (Object.keys(freeErrors(deps.settings, draft)).length > 0 || (await attempt.isLate(null))) return null;
  const message = freeMessage(view, draft);
  const said = await sayAtOnce(deps, known, message, deps.hub.watched(view.id));
  if (said === null) return null;
  const posted = seenByAuthor(view, message, said.committed, 0);
  return { message: posted, news: [posted], view: said.view, created: true };
}

/** Posts a message, or answers the question that the author is at. Together with all that follows, or not at all. */
export async function postMessage(
  deps: PostDeps,
  seen: ThreadView,
  author: Author,
  draft: Draft,
  attempt: Attempt,
): Promise<Posted> {
  let isFirst = true;
  try {
    return await changeThread<Posted>(deps, seen, author, async (view) => {
      attempt.wrote(false);
      // What was sent under the same `client_id` may have been stored meanwhile.
      const earlier = isFirst ? null : await postedBefore(deps, seen, author, draft);
      isFirst = false;
      if (earlier !== null) return { result: earlier };
      const isLate = await isOvertaken(deps.db, seen, view, draft, attempt);
      const judged = await judge(deps, view, draft, isLate);
      if (judged === "free") return decideFree(view, draft);
      if ("question" in judged)
        return decideAnswer(deps.settings, view, author.viewer, draft, attempt, judged.question);
      const posted = await postedBefore(deps, seen, author, draft);
      if (posted === null) throw invalid(judged.errors);
      return { result: posted };
    });
  } catch (error) {
    const earlier = isDuplicateMessage(error) ? await postedBefore(deps, seen, author, draft) : null;
    if (earlier === null) throw error;
    return earlier;
  } finally {
    attempt.wrote(false);
  }
}

/**
 * What was posted under the same `client_id`, with the thread as it is now: after what that led to.
 * @throws 403 for who may not post there any more
 */
async function postedBefore(
  { db, settings, views }: PostDeps,
  { id, user_id }: ThreadView,
  { viewer, may }: Author,
  { client_id }: Draft,
): Promise<Posted | null> {
  if (client_id === null) return null;
  const message = await findByClientId(db, id, user_id, client_id);
  if (message === null && !(await hasConfirmed(db, id, user_id, client_id))) return null;
  const view = await views.find(id, user_id, hiddenFrom(settings, viewer));
  if (view === null || !(await may(view))) throw denied();
  return { message, view, news: [], created: false };
}

/** A message in `open` or `assisted`, in `closed` by somebody who may reopen, or one that breaks a scripted state. */
function decideFree(view: ThreadView, draft: Draft): Decision<Posted> {
  if (draft.break_state) return breakStates(view, draft);
  return view.state === "closed" ? reopen(view, draft) : write(view, draft, {}, {});
}

function breakStates(view: ThreadView, draft: Draft): Decision<Posted> {
  const opened = isScripted(view.state) ? ({ ...NO_SCHEMA, state: "open" } as const) : {};
  const everyone = { state: "open", only: ["scripted", "scripted_fe_controlled"] } as const;
  return write(view, draft, { everyone, events: [{ type: "thread_updated" }] }, opened);
}

function reopen(view: ThreadView, draft: Draft): Decision<Posted> {
  const changed = { state: "open", previous_state: "closed", user: view.user_id };
  const events = [{ type: "thread_state_changed", data: changed }, { type: "thread_updated" }];
  return write(view, draft, { everyone: { state: "open", only: ["closed"] }, events }, { state: "open" });
}

/** Stores a free message, with what else changes. `mode` is what becomes of its author. */
function write(
  view: ThreadView,
  draft: Draft,
  also: Partial<ThreadChange>,
  mode: Partial<ThreadView>,
): Decision<Posted> {
  const { attachments } = draft;
  const message = { ...freeMessage(view, draft), ...(attachments.length > 0 ? { attachments } : {}) };
  const { messages, events } = saying(message);
  return {
    change: { ...also, messages, events: [...events, ...(also.events ?? [])] },
    done: (committed) => {
      const news = [seenByAuthor(view, message, committed, 0)];
      return { message: news[0]!, news, view: committedView(view, committed, mode), created: true };
    },
  };
}

function freeMessage({ user_id }: ThreadView, draft: Draft): FreeMessage {
  const { type, text, meta, client_id, language } = draft;
  return { sender_id: user_id, type, text, meta, client_id, language };
}
