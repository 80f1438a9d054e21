import type { UserId } from "@colloquy/protocol";
import type { Bus, Touched } from "../bus/bus.ts";
import { horizon } from "../log/position.ts";
import type { Log, Publication } from "../log/publish.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Caller } from "../policies/caller.ts";
import { type Bookmark, type Followed, stillNamed } from "./bookmark.ts";
import { frameOf } from "./frame.ts";
import {
  findMissed,
  type Missed,
  type MissedThread,
  missedThread,
  type Replay,
  type ReplayDeps,
  tellLeft,
  tellMissed,
  tellUnread,
} from "./replay.ts";
import { openRooms } from "./rooms.ts";
import { MANY, type Session } from "./session.ts";
import { openStatePushes } from "./statePushes.ts";
import { openUnreadPushes } from "./unreadPushes.ts";
import type { Watched } from "./watched.ts";

/**
 * Brings what was committed to the sessions that may see it. The log in the database is the truth: a wake-up
 * only says that there is something to read. Within a thread, pushes come in the order of commits.
 */
export interface Hub {
  /** Who follows a thread here, for a commit to look at. */
  watched(threadId: number): Watched | null;
  /** A user began or ceased to follow a thread from outside: it is in no log. Answers when it is so here. */
  refresh(userId: UserId, threadId: number): Promise<void>;
  /** A member writes, for so many milliseconds: the others learn it. */
  writing(user: Caller, threadId: number, length: number): Promise<void>;
  /**
   * Lets a session follow what its user does, from now on or, with a bookmark, from there on. Answers once nothing can
   * be missed any more.
   */
  connect(session: Session, since: Bookmark | null): Promise<Connection>;
  /** Tells a session again all that came since a bookmark. Answers when that has begun. */
  resume(session: Session, since: Bookmark): Promise<void>;
  /** Makes a session's bookmark short again. */
  tidy(session: Session): void;
  /** Waits for pushes under way. */
  close(): Promise<void>;
}

export interface Connection {
  /** Begins to tell what the session missed, where it came with a bookmark. */
  start(): void;
  disconnect(): void;
}

const NONE: ReadonlySet<Session> = new Set();

/** A session that is being told what it missed. */
interface Resuming extends Replay {
  /** The threads that are still to be told: it enters their rooms when they have been. */
  pending: Map<number, MissedThread>;
  /** Threads that woke meanwhile. */
  woken: Set<number>;
  /** It is not known yet what the session follows. */
  isFinding: boolean;
}

/** Users for whom what was lost is set right at the same time. */
const MOST_CATCHING_UP = 4;

/** What it takes to bring what is published to who may see it. */
export interface HubDeps extends ReplayDeps {
  log: Log;
  bus: Bus;
  metrics: Metrics;
  onFault(error: unknown): void;
}

export function openHub(deps: HubDeps): Hub {
  const { db, log, bus, feeds, metrics, onFault } = deps;
  const sessions = new Map<UserId, Set<Session>>();
  /** Threads that woke while a session was still finding out what it follows: it looks at them again. */
  const entering = new Set<Set<number>>();
  const tidying = new Set<Session>();
  const turns = new WeakMap<Session, Promise<void>>();
  const underWay = new Set<Promise<unknown>>();
  const resuming = new Map<Session, Resuming>();
  const rooms = openRooms(feeds.threads, metrics, track, onFault);
  const sessionsOf = (userId: UserId): ReadonlySet<Session> => sessions.get(userId) ?? NONE;
  const unread = openUnreadPushes(feeds.unread, sessionsOf, rooms);
  const surveys = openStatePushes(feeds.surveys, sessionsOf, track, onFault);

  function track(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.catch(onFault).finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  /** Lets sessions enter rooms; what is committed meanwhile is pushed right after. */
  async function whileEntering(work: () => Promise<void>): Promise<void> {
    const woken = new Set<number>();
    entering.add(woken);
    try {
      await work();
    } finally {
      entering.delete(woken);
    }
    for (const threadId of woken) track(rooms.pump(threadId));
  }

  /**
   * Looks again whether users follow a thread, and pumps it. `after`: from which event on, where that is known. That is
   * for sessions which know already what else they follow: one that is just finding out is waited for, and one that
   * begins to meanwhile finds it by itself. Else a wake-up that comes late would tell it again what it knows.
   */
  async function refreshAt(
    threadId: number,
    touched: readonly { user: UserId; after: number | null }[],
  ): Promise<void> {
    const here = touched.map(({ user, after }) => ({ user, after, own: [...sessionsOf(user)] }));
    await Promise.all(here.flatMap(({ own }) => own.map((session) => turns.get(session))));
    const users = here.filter(({ user }) => sessions.has(user)).map(({ user }) => user);
    if (users.length === 0) return;
    const rows = await feeds.threads.followersOf(threadId, users);
    const followed = new Map(rows.map((one) => [one.user_id, one.event_seq]));
    const parted: Session[] = [];
    for (const { user, after, own } of here) {
      const now = followed.get(user);
      for (const session of own) {
        const resumed = resuming.get(session);
        if (!sessionsOf(user).has(session) || resumed?.isFinding) continue;
        if (now === undefined) parted.push(session);
        // Who is still to be told of the thread enters it then.
        else if (!resumed?.pending.has(threadId)) rooms.enter(threadId, after ?? now, session);
      }
    }
    await part(threadId, parted);
    await rooms.pump(threadId);
  }

  /** Who is no member any more is told so, once; who only no longer follows is not. */
  async function part(threadId: number, sessionsToPart: readonly Session[]): Promise<void> {
    const parting = sessionsToPart.filter((session) => follows(session, threadId));
    for (const session of parting) {
      rooms.leave(threadId, session);
      forget(session, threadId);
    }
    if (parting.length === 0) return;
    const users = [...new Set(parting.map(({ user }) => user.id))];
    const left = new Set(await feeds.threads.havingLeft(threadId, users));
    for (const session of parting)
      if (left.has(session.user.id)) session.send(feeds.threads.left(threadId), null);
  }

  const follows = (session: Session, threadId: number) =>
    rooms.has(threadId, session) || resuming.get(session)?.pending.has(threadId) === true;

  /** A session is told nothing more of what it missed of a thread. */
  function forget(session: Session, threadId: number): void {
    const pending = resuming.get(session)?.pending;
    const missed = pending?.get(threadId);
    if (missed === undefined) return;
    missed.follower.position = Number.POSITIVE_INFINITY;
    pending!.delete(threadId);
  }

  /** What sets a session's bookmark takes turns: each goes by where the other left the session in its rooms. */
  function inTurn(session: Session, work: () => Promise<void>): Promise<void> {
    const turn = (turns.get(session) ?? Promise.resolve()).then(work);
    const settled: Promise<void> = turn
      .catch(() => {})
      .then(() => {
        // An idle session keeps nothing of it.
        if (turns.get(session) === settled) turns.delete(session);
      });
    turns.set(session, settled);
    return turn;
  }

  /** Lets a session follow all that its user does from now on. */
  async function follow(session: Session): Promise<void> {
    const rows = await feeds.threads.followedSince(session.user.id, session.bookmark);
    // What was committed since the bookmark was made is known to who fetches everything now.
    const ahead = rows.filter((row) => row.since < row.event_seq);
    session.bookmark.threads = new Map(ahead.map((row) => [row.thread_id, row.event_seq]));
    for (const { thread_id, event_seq } of rows) rooms.enter(thread_id, event_seq, session);
  }

  /**
   * Lets a session follow the threads of which it has missed nothing, and answers how to tell it the rest. It follows
   * each of the others as soon as it has been told of it, so that nobody in their rooms waits for it.
   */
  async function followAfter(session: Session, since: Bookmark): Promise<() => void> {
    const pending = new Map<number, MissedThread>();
    const woken = new Set<number>();
    entering.add(woken);
    const replay: Resuming = {
      session,
      threads: [],
      isOver: false,
      pending,
      woken,
      isFinding: true,
      follow: enter,
    };

    function enter(missed: MissedThread): void {
      const { thread, follower } = missed;
      if (pending.get(thread) !== missed) return;
      pending.delete(thread);
      rooms.enter(thread, follower.position, session);
      if (woken.has(thread)) track(rooms.pump(thread));
    }

    resuming.set(session, replay);
    try {
      const missed = await findMissed(deps, session.user.id, since);
      for (const row of missed.followed) {
        if (row.since === row.event_seq) rooms.enter(row.thread_id, row.event_seq, session);
        // Who joined meanwhile is in the room already, and told there.
        else if (rooms.has(row.thread_id, session)) noteRoom(session, row);
        else pending.set(row.thread_id, missedThread(session, row));
      }
      replay.threads = [...pending.values()];
      replay.isFinding = false;
      return () => track(run(replay, missed).catch(session.fail));
    } catch (error) {
      end(replay);
      throw error;
    }
  }

  /** The bookmark says how far a session in a room has been told, where its base would not. */
  function noteRoom({ bookmark }: Session, { thread_id, since }: Followed): void {
    if (!bookmark.threads.has(thread_id)) bookmark.threads.set(thread_id, since);
  }

  async function run(replay: Resuming, missed: Missed): Promise<void> {
    const { session } = replay;
    const goesOn = async () => !replay.isOver && (await session.ready());
    try {
      tellLeft(deps, session, missed);
      if (!(await tellMissed(deps, replay))) return;
      await tellUnread(feeds.unread, session, goesOn);
    } finally {
      end(replay);
    }
    if (session.bookmark.threads.size > MANY) tidy(session);
  }

  function end(replay: Resuming): void {
    const { session, pending, woken } = replay;
    replay.isOver = true;
    for (const { follower } of pending.values()) follower.position = Number.POSITIVE_INFINITY;
    pending.clear();
    entering.delete(woken);
    if (resuming.get(session) === replay) resuming.delete(session);
  }

  function stop(session: Session): void {
    const replay = resuming.get(session);
    if (replay !== undefined) end(replay);
  }

  function tidy(session: Session): void {
    if (session.bookmark.rest !== null || tidying.has(session)) return;
    tidying.add(session);
    track(inTurn(session, () => shorten(session)).finally(() => tidying.delete(session)));
  }

  /** Moves the base of a bookmark up to now: only threads that this does not say all of stay in it. */
  async function shorten(session: Session): Promise<void> {
    // Its base says nothing yet of what is still to be told.
    if (session.bookmark.rest !== null) return;
    const base = (await horizon(db)).xid;
    const rows = await feeds.threads.followedSince(session.user.id, { base, threads: new Map(), rest: null });
    const told = (thread: number) => rooms.in(thread)?.get(session)?.position;
    session.bookmark = { ...session.bookmark, base, threads: stillNamed(rows, told) };
  }

  /** A commit in a thread, for the sessions of this node: those who follow it already wait for nobody. */
  function wakeThread(threadId: number, seq: number, touched: readonly Touched[]): void {
    for (const woken of entering) woken.add(threadId);
    rooms.pumpUpTo(threadId, seq);
    const here = touched.filter(({ user }) => sessions.has(user));
    if (here.length > 0) track(refreshAt(threadId, here));
  }

  const unreadChanged = (userId: UserId, threadId: number) => track(unread.tell(userId, threadId));

  let catchingUp = Promise.resolve();
  let isCatchingUpDue = false;

  /** Sets right what is in no log, for everybody here: wake-ups that told of it were lost. */
  async function catchUp(): Promise<void> {
    isCatchingUpDue = false;
    rooms.noteReadingAnywhere();
    const users = [...sessions.keys()].values();
    const beside = Array.from({ length: MOST_CATCHING_UP }, async () => {
      for (const userId of users) await catchUpOne(userId).catch(onFault);
    });
    await Promise.all(beside);
  }

  /** A user follows again what they do, and is told again what they have not read. */
  async function catchUpOne(userId: UserId): Promise<void> {
    // Who is just coming finds out by themselves what they follow.
    await Promise.all([...sessionsOf(userId)].map((session) => turns.get(session)));
    const followed = await feeds.threads.followedBy(userId);
    const ids = new Set(followed.map(({ thread_id }) => thread_id));
    const changed = new Set<number>();
    for (const session of sessionsOf(userId)) {
      const own = new Set([...rooms.of(session), ...(resuming.get(session)?.pending.keys() ?? [])]);
      // Who has joined is told of all since then: the log has it.
      for (const { thread_id, subscribed } of followed)
        if (subscribed && !own.has(thread_id)) changed.add(thread_id);
      for (const threadId of own) if (!ids.has(threadId)) changed.add(threadId);
    }
    for (const threadId of changed) await refreshAt(threadId, [{ user: userId, after: null }]);
    await unread.tellAll(userId);
  }

  async function writing(userId: UserId, threadId: number, length: number): Promise<void> {
    const room = rooms.in(threadId);
    if (room === null) return;
    const others = [...room.values()].filter(({ session }) => session.user.id !== userId);
    const { frame, receivers } = await feeds.threads.writing(threadId, userId, length, others);
    for (const { session } of receivers) session.send(frame);
  }

  function hear({ wake, written }: Publication): void {
    if (wake.type === "thread" && written !== undefined) rooms.wrote(wake.thread, written);
    if (wake.type === "thread") wakeThread(wake.thread, wake.seq, wake.touched ?? []);
    else if (wake.type === "follow") track(refreshAt(wake.thread, [{ user: wake.user, after: null }]));
    else if (wake.type === "unread") unreadChanged(wake.user, wake.thread);
    else if (wake.type === "lost") {
      // All nodes say so at about the same time: once is enough for whatever was lost before it begins.
      if (isCatchingUpDue) return;
      isCatchingUpDue = true;
      catchingUp = catchingUp.then(catchUp);
      track(catchingUp);
    } else if (wake.type === "survey") surveys.push(wake.user, wake.survey, wake);
    else track(writing(wake.user, wake.thread, wake.length));
  }
  log.subscribe(hear);

  const hub: Hub = {
    watched: rooms.watched,
    async refresh(user, thread) {
      await refreshAt(thread, [{ user, after: null }]);
      bus.publish({ type: "follow", user, thread });
    },
    async writing({ id: user }, thread, length) {
      await writing(user, thread, length);
      bus.publish({ type: "writing", user, thread, length });
    },
    async connect(session, since) {
      const { id } = session.user;
      const own = sessions.get(id) ?? new Set();
      sessions.set(id, own.add(session));
      rooms.open(session);
      const disconnect = () => {
        own.delete(session);
        if (own.size === 0 && sessions.get(id) === own) sessions.delete(id);
        stop(session);
        rooms.close(session);
      };
      let start = () => {};
      try {
        if (since !== null) session.bookmark = { ...since, threads: new Map(since.threads) };
        await inTurn(session, () =>
          whileEntering(async () => {
            if (since === null) await follow(session);
            else start = await followAfter(session, since);
          }),
        );
      } catch (error) {
        disconnect();
        throw error;
      }
      return { start, disconnect };
    },
    resume: (session, since) =>
      inTurn(session, async () => {
        const isHere = () => sessionsOf(session.user.id).has(session);
        if (!isHere()) return;
        // Everything is told anew: what is being pushed to it, or was kept for it, is part of that.
        stop(session);
        rooms.close(session);
        rooms.open(session);
        session.discard();
        session.bookmark = { ...since, threads: new Map(since.threads) };
        session.send(frameOf("resumed", {}), null);
        let start = () => {};
        await whileEntering(async () => {
          start = await followAfter(session, since);
        });
        if (isHere()) start();
        else stop(session);
      }),
    tidy,
    async close() {
      surveys.close();
      await Promise.all(underWay);
    },
  };
  return hub;
}
