import { answer, type Json } from "@colloquy/engine";
import { denied, invalid } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { holds, NOTIFICATION } from "../policies/bits.ts";
import { answerRules } from "../schemas/answerRules.ts";
import type { Attempt } from "../runs/inFlight.ts";
import { applyStep, flowMode, type RunChange } from "../runs/steps.ts";
import { writtenMessage } from "../conversation/change/announced.ts";
import { type Author, announce, changeThread, committedView, type Decision } from "../conversation/change/changeThread.ts";
import type { Committed } from "../conversation/change/commit.ts";
import { type FreeMessage, type NewMessage, saying, type ThreadChange } from "../conversation/change/threadChange.ts";
import { ofThreadType, touches } from "../conversation/view/threadTypes.ts";
import { isScripted, NO_SCHEMA, type ThreadView } from "../conversation/view/view.ts";
import type { Remembered } from "../conversation/view/views.ts";
import { type Asked, freeErrors, judge } from "./draftErrors.ts";
import { findByClientId, hasConfirmed, isAskedSince, type SeenMessage } from "./queries.ts";
import { type HiddenRule, hiddenFrom, isHidden, type Viewer } from "../conversation/view/visibility.ts";

/** A message as its author sends it. */
export interface Draft {
  text: string;
  type: string;
  meta: Json;
  answers: number[];
  /** The question that is answered: where the front end controls the run it must be named. */
  question: number | null;
  /** The message that showed this question. */
  related_message: number | null;
  break_state: boolean;
  client_id: string | null;
  language: string | null;
}

/** What a post led to: the message (null for a confirmation) and the author's view of the thread. */
export interface Posted {
  message: SeenMessage | null;
  view: ThreadView;
  /** All that is new in the thread, in order. */
  news: SeenMessage[];
  /** False where the same `client_id` had posted it before. */
  created: boolean;
}

/**
 * Posts a message on what is remembered of the thread, where that is as it was: committing it tells. Null where it is
 * not, or the message cannot be posted so: then the thread is to be read first.
 */
export async function postAtOnce(
  core: Core,
  { view, version }: Remembered,
  author: Viewer,
  draft: Draft,
  attempt: Attempt,
): Promise<Posted | null> {
  if (!["open", "assisted"].includes(view.state) || draft.break_state || draft.related_message !== null)
    return null;
  if (Object.keys(freeErrors(core, draft)).length > 0 || (await attempt.isLate(null))) return null;
  const message = freeMessage(view, draft);
  const change = saying(message);
  const watched = core.hub.watched(view.id);
  const users = [...new Set([view.user_id, ...(watched?.users ?? [])])];
  const lone = {
    thread_id: view.id,
    revision: view.revision,
    touches: touches(core.settings, view.type, change),
    message,
    users,
  };
  // The same message may be on its way through another node.
  const committed = await core.commits.commitMessage(lone).catch((error) => {
    if (isDuplicate(error)) return null;
    throw error;
  });
  if (committed === null) return null;
  const { revision, versions } = committed;
  const sighting = watched && { ...watched, users, revision, versions };
  announce(core, view.id, change, committed, sighting);
  // Others may have posted meanwhile, or the author read something elsewhere.
  const isAsKnown = versions[0] === version && committed.seq === view.seq + 1;
  const now = isAsKnown ? view : ((await core.views.find(view.id, author.id, [])) ?? view);
  const posted = stored(view, message, committed, 0);
  if (isAsKnown) core.views.said({ view, version }, posted);
  return { message: posted, news: [posted], view: committedView(now, committed, {}), created: true };
}

/** Posts a message, or answers the question that the author is at. Together with all that follows, or not at all. */
export async function postMessage(
  core: Core,
  seen: ThreadView,
  author: Author,
  draft: Draft,
  attempt: Attempt,
): Promise<Posted> {
  let isFirst = true;
  try {
    return await changeThread<Posted>(core, seen, author, async (view) => {
      attempt.wrote(false);
      // What was sent under the same `client_id` may have been stored meanwhile.
      const earlier = isFirst ? null : await postedBefore(core, seen, author, draft);
      isFirst = false;
      if (earlier !== null) return { result: earlier };
      const judged = await judge(core, view, draft, await isOvertaken(core, seen, view, draft, attempt));
      if (judged === "free") return decideFree(view, draft);
      if ("asked" in judged) return decideAnswer(core, view, author.viewer, draft, attempt, judged.asked);
      const posted = await postedBefore(core, seen, author, draft);
      if (posted === null) throw invalid(judged.errors);
      return { result: posted };
    });
  } catch (error) {
    const earlier = isDuplicate(error) ? await postedBefore(core, seen, author, draft) : null;
    if (earlier === null) throw error;
    return earlier;
  } finally {
    attempt.wrote(false);
  }
}

/**
 * Whether another answer came first, so that what was sent is none to what its author saw. One that names the message
 * it answers is judged by that alone.
 */
async function isOvertaken(
  core: Core,
  seen: ThreadView,
  now: ThreadView,
  draft: Draft,
  attempt: Attempt,
): Promise<boolean> {
  if (draft.break_state || draft.related_message !== null) return false;
  return (await hasMovedOn(core, seen, now, draft)) || attempt.isLate(draft.question);
}

/** Whether a run has moved since a request was first decided on: then it was sent before that. */
async function hasMovedOn(
  core: Core,
  seen: ThreadView,
  now: ThreadView,
  { question }: Draft,
): Promise<boolean> {
  if (!isScripted(seen.state) || seen.revision === now.revision) return false;
  if (seen.state === "scripted") return position(seen) !== position(now);
  if (seen.state !== now.state || seen.run_id !== now.run_id) return true;
  if (question === null || now.run_id === null) return false;
  // A `control` leaves no message: that it was confirmed shows in where the run is.
  const hasLeft = seen.question_id === question && now.question_id !== question;
  return hasLeft || isAskedSince(core.db, now.run_id, question, seen.seq);
}

function position({ state, run_id, question_id, related_message }: ThreadView): string {
  return `${state} ${run_id} ${question_id} ${related_message}`;
}

/**
 * What was posted under the same `client_id`, with the thread as it is now: after what that led to.
 * @throws 403 for who may not post there any more
 */
async function postedBefore(
  core: Core,
  { id, user_id }: ThreadView,
  { viewer, may }: Author,
  { client_id }: Draft,
): Promise<Posted | null> {
  if (client_id === null) return null;
  const message = await findByClientId(core.db, id, user_id, client_id);
  if (message === null && !(await hasConfirmed(core.db, id, user_id, client_id))) return null;
  const view = await core.views.find(id, user_id, hiddenFrom(core.settings, viewer));
  if (view === null || !(await may(view))) throw denied();
  return { message, view, news: [], created: false };
}

function isDuplicate(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === "23505" && constraint === "message_client_id";
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
  const message = freeMessage(view, draft);
  const { messages, events } = saying(message);
  return {
    change: { ...also, messages, events: [...events, ...(also.events ?? [])] },
    done: (committed) => {
      const news = [stored(view, message, committed, 0)];
      return { message: news[0]!, news, view: committedView(view, committed, mode), created: true };
    },
  };
}

function freeMessage({ user_id }: ThreadView, draft: Draft): FreeMessage {
  const { type, text, meta, client_id, language } = draft;
  return { sender_id: user_id, type, text, meta, client_id, language };
}

/** The answer to a question of the author's schema. */
function decideAnswer(
  core: Core,
  view: ThreadView,
  author: Viewer,
  draft: Draft,
  attempt: Attempt,
  { schema, current }: Asked,
): Decision<Posted> {
  const { moveOn, storeAnswers } = ofThreadType(core.settings, view.type);
  const rules = answerRules(core.settings);
  // A front end may answer any question; the run waits at one all the same.
  const { question } = schema.byId.get(view.question_id ?? current.question.id) ?? current;
  const run = { question: question.qid, variables: view.variables };
  const outcome = answer(schema, flowMode(view.state), run, current, draft, rules, { moveOn });
  if ("errors" in outcome) throw invalid({ ...outcome.errors });
  const { type, meta, client_id, language } = draft;
  const moved = applyStep(schema, view, outcome, { type, meta, client_id, language }, { storeAnswers });
  const { change } = moved;
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
      const hidden = hiddenFrom(core.settings, author);
      return posted(view, moved, committed, moved.answer ?? shown, hidden);
    },
  };
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
  const news = messages.map((message, position) => stored(view, message, committed, position));
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

/** A new message as its author sees it. */
function stored(view: ThreadView, message: NewMessage, committed: Committed, index: number): SeenMessage {
  const is_read = message.sender_id === view.user_id || !holds(view.notifications, NOTIFICATION.UNREAD);
  return { ...writtenMessage(view.id, message, committed, index), is_read };
}
