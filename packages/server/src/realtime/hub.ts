import type { Core } from "../core.ts";
import { horizon, type Position } from "../events/log.ts";
import type { Caller } from "../http/caller.ts";
import type { Bookmark } from "./bookmark.ts";
import type { Bus, Touched, Wake } from "./bus/bus.ts";
import { watchersOf } from "./delivery.ts";
import { frameOf } from "./frame.ts";
import { leftPush } from "./leftPush.ts";
import { followedSince } from "./missed.ts";
import type { Announced, Watched } from "./news.ts";
import { followedBy, followsOne, hasLeft } from "./queries.ts";
import { openRooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import { openSurveyPushes } from "./surveyPushes.ts";
import { openUnreadPushes } from "./unreadPushes.ts";

/**
 * Brings what was committed to the sessions that may see it. The log in the database is the truth: a wake-up
 * only says that there is something to read. Within a thread, pushes come in the order of commits.
 */
export interface Hub {
  /** Events up to `seq` were committed in a thread: these. `touched` are users who joined, left, or changed what they are told of. */
  wake(
    threadId: number,
    seq: number,
    announced: () => readonly Announced[],
    touched: readonly Touched[],
  ): void;
  /** Who follows a thread here, for a commit to look at. */
  watched(threadId: number): Watched | null;
  /** A user began or ceased to follow a thread. */
  refresh(userId: number, threadId: number): Promise<void>;
  /** A user's unread count changed: their devices learn it. */
  unreadChanged(userId: number, threadId: number): void;
  /** A survey of a user changed, at a position of the log: their devices learn how it is now. */
  surveyChanged(userId: number, surveyId: number, position: Position): void;
  /** A member writes, for so many milliseconds: the others learn it. */
  writing(user: Caller, threadId: number, length: number): Promise<void>;
  /** What another node said, or the sweep found: told here, and to nobody else. */
  heard(wake: Wake): void;
  /**
   * Lets a session follow what its user does, from now on or, with a bookmark, from there on. Answers, once nothing
   * can be missed any more, how to disconnect.
   */
  connect(session: Session, since: Bookmark | null): Promise<() => void>;
  /** Tells a session again all that came since a bookmark, and before it what else there is to tell, once it is released. */
  resume(session: Session, since: Bookmark, first: () => Promise<void>): Promise<void>;
  /** Makes a session's bookmark short again. */
  tidy(session: Session): void;
  /** Waits for pushes under way. */
  close(): Promise<void>;
}

const NONE: ReadonlySet<Session> = new Set();

/** Users for whom what was lost is set right at the same time. */
const MOST_CATCHING_UP = 4;

export function openHub(core: () => Core, bus: Bus, onFault: (error: unknown) => void): Hub {
  const sessions = new Map<number, Set<Session>>();
  /** Threads that woke while a session was still finding out what it follows: it looks at them again. */
  const entering = new Set<Set<number>>();
  const tidying = new Set<Session>();
  const turns = new WeakMap<Session, Promise<void>>();
  const underWay = new Set<Promise<unknown>>();
  const rooms = openRooms(core, track, onFault);
  const sessionsOf = (userId: number): ReadonlySet<Session> => sessions.get(userId) ?? NONE;
  const unread = openUnreadPushes(core, sessionsOf, rooms);
  const surveyChanged = openSurveyPushes(core, sessionsOf, track);

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

  /** Looks again whether a user follows a thread. `position`: from which event on, where that is known. */
  function refreshAt(userId: number, threadId: number, position: number | null): Promise<void> {
    return whileEntering(async () => {
      const own = sessionsOf(userId);
      if (own.size === 0) return;
      const followed = await followsOne(core().db, userId, threadId);
      if (followed === null) await part(userId, threadId, own);
      else for (const session of own) rooms.enter(threadId, position ?? followed.event_seq, session);
    });
  }

  /** Who is no member any more is told so, once; who only no longer follows is not. */
  async function part(userId: number, threadId: number, own: ReadonlySet<Session>): Promise<void> {
    const parting = [...own].filter((session) => rooms.has(threadId, session));
    for (const session of parting) rooms.leave(threadId, session);
    if (parting.length === 0 || !(await hasLeft(core().db, userId, threadId))) return;
    for (const session of parting) session.send(leftPush(threadId), null);
  }

  /** What sets a session's bookmark takes turns: each goes by where the other left the session in its rooms. */
  function inTurn(session: Session, work: () => Promise<void>): Promise<void> {
    const turn = (turns.get(session) ?? Promise.resolve()).then(work);
    turns.set(
      session,
      turn.catch(() => {}),
    );
    return turn;
  }

  /**
   * Enters what the session's user follows at what is known of it. The bookmark says so first, and all at once: what
   * goes out before the last thread is entered must not claim that it was told.
   */
  async function follow(session: Session, since: Bookmark | null, noted = async () => {}): Promise<void> {
    const { epoch } = session.bookmark;
    const base = since === null ? session.bookmark.base : (await horizon(core().db)).xid;
    const rows = await followedSince(core().db, session.user.id, since ?? session.bookmark);
    const entered = rows.map((row) => ({ ...row, position: since === null ? row.event_seq : row.since }));
    const ahead = entered.filter((row) => row.since < row.event_seq || since?.threads.has(row.thread_id));
    session.bookmark = { epoch, base, threads: new Map(ahead.map((row) => [row.thread_id, row.position])) };
    await noted();
    const behind: number[] = [];
    for (const { thread_id, event_seq, position } of entered) {
      const before = await rooms.place(thread_id, position, session);
      if (position < Math.max(before, event_seq)) behind.push(thread_id);
    }
    await Promise.all(behind.map(rooms.pump));
  }

  /** Moves the base of a bookmark up to now: only threads that this does not say all of stay in it. */
  async function shorten(session: Session): Promise<void> {
    const { db } = core();
    const base = (await horizon(db)).xid;
    const threads = new Map<number, number>();
    for (const { thread_id, event_seq, since } of await followedSince(db, session.user.id, {
      base,
      threads: new Map(),
    })) {
      const told = rooms.in(thread_id)?.get(session)?.told;
      if (told !== undefined && (told !== event_seq || since < event_seq)) threads.set(thread_id, told);
    }
    session.bookmark = { ...session.bookmark, base, threads };
  }

  /** A commit in a thread, for the sessions of this node. */
  function wake(threadId: number, seq: number, touched: readonly Touched[]): void {
    for (const woken of entering) woken.add(threadId);
    const here = touched.filter(({ user }) => sessions.has(user));
    const refreshed = Promise.all(here.map(({ user, after }) => refreshAt(user, threadId, after)));
    if (here.length === 0) rooms.pumpUpTo(threadId, seq);
    else track(refreshed.then(() => rooms.pump(threadId)));
  }

  const unreadChanged = (userId: number, threadId: number) => track(unread.tell(userId, threadId));

  let catchingUp = Promise.resolve();
  let isCatchingUpDue = false;

  /** Sets right what is in no log, for everybody here: wake-ups that told of it were lost. */
  async function catchUp(): Promise<void> {
    isCatchingUpDue = false;
    rooms.missedReading();
    const users = [...sessions.keys()].values();
    const beside = Array.from({ length: MOST_CATCHING_UP }, async () => {
      for (const userId of users) await catchUpOne(userId).catch(onFault);
    });
    await Promise.all(beside);
  }

  /** A user follows again what they do, and is told again what they have not read. */
  async function catchUpOne(userId: number): Promise<void> {
    // Who is just coming finds out by themselves what they follow.
    await Promise.all([...sessionsOf(userId)].map((session) => turns.get(session)));
    const followed = await followedBy(core().db, userId);
    const ids = new Set(followed.map(({ thread_id }) => thread_id));
    const changed = new Set<number>();
    for (const own of [...sessionsOf(userId)].map(rooms.of)) {
      // Who has joined is told of all since then: the log has it.
      for (const { thread_id, subscribed } of followed)
        if (subscribed && !own.has(thread_id)) changed.add(thread_id);
      for (const threadId of own) if (!ids.has(threadId)) changed.add(threadId);
    }
    for (const threadId of changed) await refreshAt(userId, threadId, null);
    await unread.tellAll(userId);
  }

  async function writing(userId: number, threadId: number, length: number): Promise<void> {
    const room = rooms.in(threadId);
    if (room === null) return;
    const account = (await core().people.show([userId])).get(userId)!;
    const frame = frameOf("thread_someone_is_writing", { thread: threadId, length, sender_data: account });
    const others = [...room.values()].filter(({ session }) => session.user.id !== userId);
    for (const { follower } of await watchersOf(core(), threadId, others, [])) follower.session.send(frame);
  }

  function heard(said: Wake): void {
    if (said.type === "thread") wake(said.thread, said.seq, said.touched ?? []);
    else if (said.type === "follow") track(refreshAt(said.user, said.thread, null));
    else if (said.type === "unread") unreadChanged(said.user, said.thread);
    else if (said.type === "lost") {
      // All nodes say so at about the same time: once is enough for whatever was lost before it begins.
      if (isCatchingUpDue) return;
      isCatchingUpDue = true;
      catchingUp = catchingUp.then(catchUp);
      track(catchingUp);
    } else if (said.type === "survey") surveyChanged(said.user, said.survey, said);
    else track(writing(said.user, said.thread, said.length));
  }
  bus.subscribe(heard);

  const hub: Hub = {
    heard,
    wake(thread, seq, announced, touched) {
      rooms.announce(thread, announced);
      wake(thread, seq, touched);
      bus.publish({ type: "thread", thread, seq, ...(touched.length === 0 ? {} : { touched }) });
    },
    watched: rooms.watched,
    async refresh(user, thread) {
      await refreshAt(user, thread, null);
      bus.publish({ type: "follow", user, thread });
    },
    unreadChanged(user, thread) {
      unreadChanged(user, thread);
      bus.publish({ type: "unread", user, thread });
    },
    surveyChanged(user, survey, { xid, id }) {
      surveyChanged(user, survey, { xid, id });
      bus.publish({ type: "survey", user, survey, xid, id });
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
        rooms.close(session);
      };
      try {
        await inTurn(session, () => whileEntering(() => follow(session, since)));
      } catch (error) {
        disconnect();
        throw error;
      }
      return disconnect;
    },
    resume: (session, since, first) =>
      inTurn(session, () => {
        // What goes out now would claim to be what comes next.
        session.hold();
        return whileEntering(() =>
          follow(session, since, async () => {
            session.send(frameOf("resumed", {}), null);
            await first();
          }),
        );
      }),
    tidy(session) {
      if (tidying.has(session)) return;
      tidying.add(session);
      track(inTurn(session, () => shorten(session)).finally(() => tidying.delete(session)));
    },
    async close() {
      await Promise.all(underWay);
    },
  };
  return hub;
}
