import type { UserId } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import { horizon } from "../log/position.ts";
import type { Bookmark, Followed } from "./bookmark.ts";
import type { Batch, CountFeed, CountOf, Feeds, Follower, StreamFeed } from "./feeds.ts";
import type { Frame } from "./frame.ts";
import { type Gate, openGate } from "./gate.ts";
import { userOf } from "./identity.ts";
import type { Place, Session } from "./session.ts";

/** Threads that are read at once, and events that they may have together, above which fewer are. */
const THREADS_AT_ONCE = 16;
const EVENTS_AT_ONCE = 200;
/** Pages that are in memory at the same time, however many come back at once. */
const PAGES_AT_ONCE = 2;
/** Threads whose counts of what is unread are told at once. */
const COUNTS_AT_ONCE = 200;

/** What reads pages for those who come back, so that few are in memory at the same time. */
export const openReplayGate = () => openGate(PAGES_AT_ONCE);

/** What it takes to tell what somebody missed. */
export interface ReplayDeps {
  db: Queryable;
  feeds: Feeds;
  /** Lets few pages be read at the same time for those who come back. */
  replays: Gate;
}

/** More events than this are not told again one by one. */
export const MOST_MISSED = 5_000;

/** What a user missed since a bookmark. */
export interface Missed {
  /** What they will know once they have been told all of it, and what of that is still to be told. */
  next: Pick<Bookmark, "base" | "rest">;
  /** The threads that they follow now, by their ids. */
  followed: readonly Followed[];
  /** Those that they left, or were taken out of. */
  left: readonly number[];
}

/** A thread of which a session is still to be told something. */
export interface MissedThread {
  thread: number;
  /** The newest event when that was found. */
  last: number;
  /** Infinitely far where it is told otherwise, or not any more. */
  follower: Follower;
  /** Whether the bookmark that the client came with names it. */
  isNamed: boolean;
}

/** A session that is told what it missed, page by page, beside the rooms: nobody else waits for it. */
export interface Replay {
  session: Session;
  /** By their ids. */
  threads: readonly MissedThread[];
  /** Set where it is to end before its time. */
  isOver: boolean;
  /** Called when all of a thread has been told: from there on the session follows it. */
  follow(told: MissedThread): void;
}

export async function findMissed(
  { db, feeds }: ReplayDeps,
  userId: UserId,
  since: Bookmark,
): Promise<Missed> {
  // Its end is found first: whatever is committed after it is told to who comes back with it.
  const next =
    since.rest === null
      ? { base: (await horizon(db)).xid, rest: { base: since.base, thread: 0, survey: 0 } }
      : { base: since.base, rest: since.rest };
  const [followed, left] = await Promise.all([
    feeds.threads.followedSince(userId, since),
    feeds.threads.leftSince(userId, since),
  ]);
  return { next, followed, left };
}

export function missedThread(session: Session, { thread_id, event_seq, since }: Followed): MissedThread {
  const isNamed = session.bookmark.threads.has(thread_id);
  return { thread: thread_id, last: event_seq, follower: { session, position: since }, isNamed };
}

/**
 * Tells a session first of the threads that were left: of one to which its user came back, what was known before is
 * void. From then on its bookmark is that of who is told the rest page by page.
 */
export function tellLeft({ feeds }: ReplayDeps, session: Session, { left, next }: Missed): void {
  for (const thread of left) session.send(feeds.threads.left(thread), null);
  session.bookmark = { ...session.bookmark, base: next.base, rest: next.rest && { ...next.rest } };
}

/**
 * Tells a session the events of threads that it missed, and then the surveys that changed. False where it was full, or
 * gone, before all of it was told: its bookmark says how far it came.
 */
export async function tellMissed(deps: ReplayDeps, replay: Replay): Promise<boolean> {
  const { session, threads } = replay;
  for (let next = 0; next < threads.length; ) {
    if (!(await isReady(replay))) return false;
    next = await deps.replays(() => tellPage(deps, replay, next));
  }
  if (replay.isOver) return false;
  if (session.bookmark.rest !== null) session.bookmark.rest.thread = Number.MAX_SAFE_INTEGER;
  for (const survey of await deps.feeds.surveys.changedSince(session.user.id, session.bookmark)) {
    if (!(await isReady(replay))) return false;
    const user = await userOf([session]);
    const push = user === null ? null : await deps.replays(() => deps.feeds.surveys.show(user, survey));
    if (replay.isOver) return false;
    if (session.bookmark.rest !== null) session.bookmark.rest.survey = survey;
    if (push !== null) session.send(push, null);
  }
  if (replay.isOver) return false;
  session.bookmark.rest = null;
  return true;
}

async function isReady({ session, isOver }: Replay): Promise<boolean> {
  return !isOver && (await session.ready());
}

/** Tells a page of the threads from a place in the list on. Answers from which it goes on. */
async function tellPage(deps: ReplayDeps, replay: Replay, from: number): Promise<number> {
  const { session, threads } = replay;
  const feed = deps.feeds.threads;
  const page = pageOf(threads, from);
  const read = await Promise.all(page.map((missed) => readThread(deps, missed)));
  // Asked last: whoever may see a thread again, but was out of it meanwhile, is told of nothing before they came back.
  const joined = await feed.joinedSince(session.user.id, page.filter(isOpen).map(placeOf));
  for (const [index, missed] of page.entries()) {
    if (replay.isOver) break;
    const { thread, follower } = missed;
    const came = joined.get(thread);
    if (came !== undefined && came - 1 > follower.position) {
      session.send(feed.left(thread), null);
      follower.position = came - 1;
    }
    if (!tellThread(session, missed, read[index]!)) return from + index;
    endThread(replay, missed, read[index]!);
  }
  return from + page.length;
}

function isOpen({ follower }: MissedThread): boolean {
  return Number.isFinite(follower.position);
}

function placeOf({ thread, follower }: MissedThread): { thread: number; after: number } {
  return { thread, after: follower.position };
}

function pageOf(threads: readonly MissedThread[], from: number): MissedThread[] {
  const page: MissedThread[] = [];
  let events = 0;
  for (const missed of threads.slice(from, from + THREADS_AT_ONCE)) {
    if (page.length > 0 && events >= EVENTS_AT_ONCE) break;
    events += Math.max(0, missed.last - missed.follower.position);
    page.push(missed);
  }
  return page;
}

/** A frame for a session, and where in the log it comes from. */
interface Pushed {
  frame: Frame;
  place: Place;
}

/** The pushes for one follower alone. */
async function pushesFor(
  feed: StreamFeed,
  thread: number,
  follower: Follower,
  batch: Batch,
): Promise<Pushed[]> {
  const shown = await feed.show(thread, [follower], batch);
  if (shown === null) return [];
  return shown.framesFor(0).flatMap((frame, index) => {
    return frame === null ? [] : [{ frame, place: { thread, seq: shown.events[index]!.seq! } }];
  });
}

/** The next events of a thread; null where there are none, or none for the session any more. */
interface Read {
  batch: Batch;
  pushes: readonly Pushed[];
}

async function readThread(deps: ReplayDeps, { thread, follower }: MissedThread): Promise<Read | null> {
  if (!Number.isFinite(follower.position)) return null;
  const { threads } = deps.feeds;
  const batch = await threads.read(thread, follower.position);
  return batch === null ? null : { batch, pushes: await pushesFor(threads, thread, follower, batch) };
}

/** False where there is more to be told of the thread. */
function tellThread(session: Session, { thread, last, follower }: MissedThread, read: Read | null): boolean {
  if (read === null) return true;
  for (const { frame, place } of read.pushes) {
    if (place.seq <= follower.position) continue;
    if (session.isFull()) return false;
    session.send(frame, place);
    follower.position = place.seq;
  }
  follower.position = Math.max(follower.position, read.batch.events.at(-1)!.seq!);
  // Whoever writes all the time must not keep the session from getting anywhere.
  const isAll = !read.batch.isPage || follower.position > last + MOST_MISSED;
  if (!isAll) session.bookmark.threads.set(thread, follower.position);
  return isAll;
}

/** All of a thread was told: the bookmark names it only where its base does not say so. */
function endThread({ session, follow }: Replay, missed: MissedThread, read: Read | null): void {
  const { thread, follower, isNamed } = missed;
  const { base, threads, rest } = session.bookmark;
  if (rest !== null) rest.thread = thread;
  if (!Number.isFinite(follower.position)) return;
  const isBeyond = read?.batch.events.some(({ xid }) => xid === undefined || BigInt(xid) >= BigInt(base));
  if (isNamed || isBeyond) threads.set(thread, follower.position);
  else threads.delete(thread);
  follow(missed);
}

/** Tells what a user has not read, in each of their threads. */
export async function tellUnread(
  feed: CountFeed,
  session: Session,
  goesOn: () => Promise<boolean>,
): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined && (await goesOn()); ) {
    const user = await userOf([session]);
    if (user === null) return;
    const page: readonly CountOf[] = await feed.page(user, { after, limit: COUNTS_AT_ONCE });
    for (const { frame } of page) session.send(frame);
    after = page.length < COUNTS_AT_ONCE ? undefined : page.at(-1)!.thread;
  }
}
