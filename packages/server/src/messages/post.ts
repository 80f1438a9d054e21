import { answer, isTooLong, type Json } from "@colloquy/engine";
import { type ApiError, denied, type FieldErrors, invalid, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { holds, NOTIFICATION, PERMISSION } from "../policies/bits.ts";
import { answerRules } from "../runs/answerRules.ts";
import { limited } from "../runs/limited.ts";
import type { Attempt } from "../runs/rivals.ts";
import { applyStep, flowMode, type RunChange } from "../runs/steps.ts";
import { writtenMessage } from "../threads/announced.ts";
import { type Author, announce, changeThread, committedView, type Decision } from "../threads/change.ts";
import type { Committed } from "../threads/commit.ts";
import { type FreeMessage, type NewMessage, saying, type ThreadChange } from "../threads/threadChange.ts";
import { ofThreadType, touches } from "../threads/threadTypes.ts";
import { isScripted, NO_SCHEMA, type ThreadView } from "../threads/view.ts";
import type { Remembered } from "../threads/views.ts";
import { missingText, unknownAnswers } from "./answerErrors.ts";
import { findByClientId, type SeenMessage } from "./queries.ts";
import { type HiddenRule, hiddenFrom, isHidden, type Viewer } from "./visibility.ts";

/** A message as its author sends it. */
export interface Draft {
  text: string;
  type: string;
  meta: Json;
  answers: number[];
  /** The question that a front-end controlled member answers. */
  question: number | null;
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
  if (!["open", "assisted"].includes(view.state) || draft.break_state || draft.answers.length > 0)
    return null;
  if ((await freeErrors(core, draft)) !== null || (await attempt.isLate(draft.question))) return null;
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
  const { viewer } = author;
  if (isScripted(seen.state)) await attempt.others();
  try {
    return await changeThread(core, seen, author, async (view) => {
      attempt.wrote(false);
      const decision =
        hasMovedOn(seen, view) && !draft.break_state
          ? ALREADY_ANSWERED
          : await decide(core, view, viewer, draft, attempt);
      if (!(decision instanceof Error)) return decision;
      const earlier = await postedBefore(core, seen, author, draft);
      if (earlier !== null) return { result: earlier };
      throw decision;
    });
  } catch (error) {
    const earlier = isDuplicate(error) ? await postedBefore(core, seen, author, draft) : null;
    if (earlier === null) throw error;
    return earlier;
  } finally {
    attempt.wrote(false);
  }
}

/** Whether what was sent as an answer can no longer be one to the question that its author saw. */
function hasMovedOn(seen: ThreadView, now: ThreadView): boolean {
  if (seen.state === "scripted_fe_controlled") return now.state !== seen.state;
  return seen.state === "scripted" && position(seen) !== position(now);
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
  const message = client_id === null ? null : await findByClientId(core.db, id, user_id, client_id);
  if (message === null) return null;
  const view = await core.views.find(id, user_id, hiddenFrom(core.settings, viewer));
  if (view === null || !(await may(view))) throw denied();
  return { message, view, news: [], created: false };
}

function isDuplicate(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === "23505" && constraint === "message_client_id";
}

async function decide(
  core: Core,
  view: ThreadView,
  author: Viewer,
  draft: Draft,
  attempt: Attempt,
): Promise<Decision<Posted> | ApiError> {
  if (draft.break_state)
    return holds(view.permissions, PERMISSION.BREAK_STATE) ? breakStates(core, view, draft) : NO_RIGHT;
  // Also where the other answer was the last one, so that the run is over.
  if (await attempt.isLate(view.state === "scripted" ? null : draft.question)) return ALREADY_ANSWERED;
  return isScripted(view.state)
    ? decideAnswer(core, view, author, draft, attempt)
    : decideFree(core, view, draft);
}

const NO_RIGHT = invalid({ break_state: [texts.NO_PERMISSIONS] });
const ALREADY_ANSWERED = invalid({ non_field_errors: [texts.ALREADY_ANSWERED] });

/** A message in `open` or `assisted`, or in `closed` by somebody who may reopen. */
async function decideFree(core: Core, view: ThreadView, draft: Draft): Promise<Decision<Posted> | ApiError> {
  const errors = await freeErrors(core, draft);
  if (view.state === "closed" && !holds(view.permissions, PERMISSION.REOPEN))
    return invalid({ ...errors, non_field_errors: [texts.THREAD_IS_CLOSED] });
  if (errors !== null) return invalid(errors);
  return view.state === "closed" ? reopen(view, draft) : write(view, draft, {}, {});
}

async function freeErrors(core: Core, draft: Draft): Promise<FieldErrors | null> {
  const errors: FieldErrors = {};
  if (draft.answers.length > 0)
    errors.answers = (await unknownAnswers(core, draft.answers)) ?? [texts.WRONG_STATE];
  else if (draft.text === "" && draft.meta === null) errors.text = [texts.REQUIRED];
  if (isTooLong(draft.text, core.settings.limits.textLength)) errors.text = [texts.TOO_LONG];
  return Object.keys(errors).length > 0 ? errors : null;
}

async function breakStates(core: Core, view: ThreadView, draft: Draft): Promise<Decision<Posted> | ApiError> {
  const opened = isScripted(view.state) ? ({ ...NO_SCHEMA, state: "open" } as const) : {};
  if (!isScripted(view.state) && view.state === "closed" && !holds(view.permissions, PERMISSION.REOPEN))
    return invalid({ non_field_errors: [texts.THREAD_IS_CLOSED] });
  const errors = await freeErrors(core, draft);
  if (errors !== null) return invalid(errors);
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
async function decideAnswer(
  core: Core,
  view: ThreadView,
  author: Viewer,
  draft: Draft,
  attempt: Attempt,
): Promise<Decision<Posted> | ApiError> {
  const { moveOn, storeAnswers } = ofThreadType(core.settings, view.type);
  const schema = limited(core.settings, view.type, (await core.schemas.get(view.schema_id!))!);
  const asked = view.state === "scripted" ? view.question_id : draft.question;
  if (asked === null) return invalid({ question: [texts.REQUIRED] });
  const current = schema.byId.get(asked);
  if (current === undefined) return invalid({ question: await foreignQuestion(core, asked) });

  const rules = answerRules(core.settings);
  // A front end may answer any question; the run waits at one all the same.
  const { question } = schema.byId.get(view.question_id ?? asked) ?? current;
  const run = { question: question.qid, variables: view.variables };
  const outcome = answer(schema, flowMode(view.state), run, current, draft, rules, { moveOn });
  if ("errors" in outcome) {
    const unknown = await unknownAnswers(core, draft.answers);
    const errors = missingText(core.settings, current.question.type, outcome.errors);
    return invalid(unknown === null ? errors : { ...errors, answers: unknown });
  }
  const { type, meta, client_id, language } = draft;
  const moved = applyStep(schema, view, outcome, { type, meta, client_id, language }, { storeAnswers });
  const { change } = moved;
  // Whoever follows the thread learns of the new question from the messages that come with it.
  if (change.messages!.length === 0) change.events.push({ type: "thread_updated", user_id: view.user_id });
  // What takes no answer is confirmed; a front end that posts a `message` question gets that message.
  const shown = view.state !== "scripted" && current.question.type === "message" ? 0 : null;
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

async function foreignQuestion(core: Core, id: number): Promise<string[]> {
  const schema = await core.schemas.ofQuestion(id);
  return [schema === null ? texts.pkNotFound(id) : texts.QUESTION_FROM_WRONG_SCHEMA];
}

/** A new message as its author sees it. */
function stored(view: ThreadView, message: NewMessage, committed: Committed, index: number): SeenMessage {
  const is_read = message.sender_id === view.user_id || !holds(view.notifications, NOTIFICATION.UNREAD);
  return { ...writtenMessage(view.id, message, committed, index), is_read };
}
