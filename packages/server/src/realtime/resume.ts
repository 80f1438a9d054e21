import type { Core } from "../core.ts";
import type { Caller } from "../http/caller.ts";
import { hiddenFrom } from "../messages/visibility.ts";
import { unreadEverywhere } from "../threads/queries.ts";
import { type Bookmark, parseToken, toToken } from "./bookmark.ts";
import { deliver } from "./delivery.ts";
import { frameOf, toText } from "./frame.ts";
import { leftPush } from "./leftPush.ts";
import { findLogNow, followedSince, isTooMuch, leftSince, surveysSince } from "./missed.ts";
import { openSession, type Session } from "./session.ts";
import { surveyPush } from "./surveyPush.ts";

/** Where a client stands. */
export interface Standing {
  /** Of who begins now: they know all that is committed, and are told of the rest. */
  now: Bookmark;
  /** Of their token, where all that came since can be told again; null where everything is fetched anew. */
  since: Bookmark | null;
}

export async function standingOf(core: Core, user: Caller, token: string | null): Promise<Standing> {
  const asked = token === null ? null : parseToken(token);
  const { epoch, base, kept } = await findLogNow(core.db, asked?.base ?? null);
  const now = { epoch, base, threads: new Map() };
  if (token === null) return { now, since: null };
  const isKept = asked !== null && asked.epoch === epoch && kept;
  const since = isKept && !isTooMuch(await followedSince(core.db, user.id, asked)) ? asked : null;
  core.metrics.countOf("resumes_total", since === null ? "resync" : "resumed");
  return { now, since };
}

/** What is told before the threads: of one that a user left and came back to, what was known of it before is void. */
export async function tellReturns(core: Core, session: Session, since: Bookmark): Promise<void> {
  const threads = await leftSince(core.db, session.user.id, since, { isBack: true });
  for (const thread of threads) session.send(leftPush(thread), null);
}

/** What is told after them: threads that were left, surveys that changed, and what is unread. */
export async function tellRest(core: Core, session: Session, since: Bookmark): Promise<void> {
  const { user } = session;
  const left = await leftSince(core.db, user.id, since, { isBack: false });
  for (const thread of left) session.send(leftPush(thread), null);
  for (const { survey } of await surveysSince(core.db, user.id, since)) {
    const push = await surveyPush(core, user, survey);
    if (push !== null) session.send(push, null);
  }
  for (const data of await unreadEverywhere(core.db, user.id, hiddenFrom(core.settings, user)))
    session.send(frameOf("unread_changed", data));
}

/** What a user missed, for whoever has no socket open. */
export interface Synced {
  /** Where to go on from. */
  event: string;
  /** Whether there was too much, or the token is of another time: then `events` is empty, and all is fetched anew. */
  resync: boolean;
  /** The frames that a socket would have been pushed, in order, as JSON. */
  events: string[];
}

export async function syncSince(core: Core, user: Caller, token: string): Promise<Synced> {
  core.metrics.count("syncs_total");
  const events: string[] = [];
  const { now, since } = await standingOf(core, user, token);
  const session = openSession(user, now, (frame, event) => {
    events.push(toText(frame, event));
  });
  if (since === null) return { event: toToken(session.bookmark), resync: true, events };
  session.release();
  await tellReturns(core, session, since);
  for (const { thread_id, event_seq, since: known } of await followedSince(core.db, user.id, since)) {
    if (known < event_seq || since.threads.has(thread_id)) session.bookmark.threads.set(thread_id, known);
    if (known < event_seq) await tellThread(core, session, thread_id, known);
  }
  await tellRest(core, session, since);
  return { event: toToken(session.bookmark), resync: false, events };
}

async function tellThread(core: Core, session: Session, thread: number, from: number): Promise<void> {
  const follower = { session, told: from };
  for (;;) {
    const after = follower.told;
    const news = await core.news(thread, after);
    if (news === null) return;
    await deliver(core, thread, [follower], news, after);
  }
}
