import type { Core } from "../core.ts";
import { horizon } from "../events/log.ts";
import type { Caller } from "../http/caller.ts";
import { hiddenFrom } from "../messages/visibility.ts";
import { unreadEverywhere } from "../threads/queries.ts";
import { type Bookmark, parseToken, toToken } from "./bookmark.ts";
import { Delivery } from "./delivery.ts";
import { frameOf, toText } from "./frame.ts";
import { leftPush } from "./leftPush.ts";
import { findEpoch, followedSince, isKept, isTooMuch, leftSince, surveysSince } from "./missed.ts";
import { readNews } from "./news.ts";
import { openSession, type Session } from "./session.ts";
import { surveyPush } from "./surveyPush.ts";

/** A bookmark of now: whoever begins with it knows all that is committed, and is told of the rest. */
export async function bookmarkOfNow({ db }: Core): Promise<Bookmark> {
  return { epoch: await findEpoch(db), base: (await horizon(db)).xid, threads: new Map() };
}

/** The bookmark of a token, where all that came since can be told again; else null, and everything is fetched anew. */
export async function resumable(core: Core, user: Caller, token: string): Promise<Bookmark | null> {
  const bookmark = await whatIsKept(core, user, token);
  core.metrics.countOf("resumes_total", bookmark === null ? "resync" : "resumed");
  return bookmark;
}

async function whatIsKept({ db }: Core, user: Caller, token: string): Promise<Bookmark | null> {
  const bookmark = parseToken(token);
  if (bookmark === null || bookmark.epoch !== (await findEpoch(db))) return null;
  if (!(await isKept(db, bookmark.base))) return null;
  return isTooMuch(await followedSince(db, user.id, bookmark)) ? null : bookmark;
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
  const session = openSession(user, await bookmarkOfNow(core), (frame, event) => {
    events.push(toText(frame, event));
  });
  const since = await resumable(core, user, token);
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
  const sessions = new Map([[session, from]]);
  for (;;) {
    const after = sessions.get(session)!;
    const news = await readNews(core.db, thread, after);
    if (news === null) return;
    await new Delivery(core, thread, sessions).push(news, after);
  }
}
