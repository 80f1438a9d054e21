import { LRUCache } from "lru-cache";
import type { Core } from "../core.ts";
import { horizon, isAfter, type Position } from "../events/log.ts";
import type { Caller } from "../http/caller.ts";
import { hiddenFrom } from "../messages/visibility.ts";
import { unreadIn } from "../threads/queries.ts";
import type { Bookmark } from "./bookmark.ts";
import type { Bus, Touched, Wake } from "./bus/bus.ts";
import { Delivery } from "./delivery.ts";
import { frameOf } from "./frame.ts";
import { leftPush } from "./leftPush.ts";
import { followedSince } from "./missed.ts";
import { type Announced, Announcements, readNews } from "./news.ts";
import { followsOne, hasLeft } from "./queries.ts";
import type { Session } from "./session.ts";
import { surveyPush } from "./surveyPush.ts";

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

/** The sessions that follow a thread. */
export interface Room {
  /** With the event up to which each has been told: who comes later than the others gets what they have had. */
  sessions: Map<Session, number>;
  announced: Announcements;
  pumping: Promise<void> | null;
  behind: boolean;
}

/** Milliseconds until pushes are tried again after a fault. */
const RETRY = 1_000;

export function openHub(core: () => Core, bus: Bus, onFault: (error: unknown) => void): Hub {
  const rooms = new Map<number, Room>();
  const sessions = new Map<number, Set<Session>>();
  /** The threads that a session follows. */
  const following = new Map<Session, Set<number>>();
  /** Threads that woke while a session was still finding out what it follows: it looks at them again. */
  const entering = new Set<Set<number>>();
  /** Surveys that are being pushed, and to which position they have changed since. */
  const changing = new Map<number, Position | null>();
  /** To which position surveys have been pushed: the sweep comes by again. */
  const pushedTo = new LRUCache<number, Position>({ max: 10_000 });
  const tidying = new Set<Session>();
  const turns = new WeakMap<Session, Promise<void>>();
  const underWay = new Set<Promise<unknown>>();

  function track(work: Promise<unknown>): void {
    const settled: Promise<unknown> = work.catch(onFault).finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  function pump(threadId: number, room: Room): void {
    room.behind = true;
    if (room.pumping !== null) return;
    room.pumping = drain(threadId, room).finally(() => {
      room.pumping = null;
    });
    track(room.pumping.catch((error) => retry(error, threadId, room)));
  }

  /** What could not be read or shown is tried again: the log still has it. */
  function retry(error: unknown, threadId: number, room: Room): void {
    onFault(error);
    const timer = setTimeout(() => pump(threadId, room), RETRY);
    timer.unref();
  }

  async function drain(threadId: number, room: Room): Promise<void> {
    while (room.behind && room.sessions.size > 0) {
      room.behind = false;
      const after = furthestBehind(room);
      const news = room.announced.after(after) ?? (await readNews(core().db, threadId, after));
      if (news === null) continue;
      await new Delivery(core(), threadId, room.sessions).push(news, after);
      const last = news.events.at(-1)!.seq!;
      room.announced.forgetUpTo(last);
      // There may be more than a page, or somebody who came meanwhile and had less than the others.
      if (news.isPage || furthestBehind(room) < last) room.behind = true;
    }
  }

  function enter(threadId: number, position: number, session: Session): void {
    const own = following.get(session);
    if (own === undefined) return;
    let room = rooms.get(threadId);
    if (room === undefined) {
      room = { sessions: new Map(), announced: new Announcements(), pumping: null, behind: false };
      rooms.set(threadId, room);
    }
    if (!room.sessions.has(session)) room.sessions.set(session, position);
    own.add(threadId);
  }

  function leave(threadId: number, session: Session): void {
    following.get(session)?.delete(threadId);
    const room = rooms.get(threadId);
    room?.sessions.delete(session);
    if (room?.sessions.size === 0) rooms.delete(threadId);
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
    for (const threadId of woken) pumpRoom(threadId);
  }

  function pumpRoom(threadId: number): void {
    const room = rooms.get(threadId);
    if (room !== undefined) pump(threadId, room);
  }

  /** Unless all have been told of it: the sweep comes by again. */
  function pumpUpTo(threadId: number, seq: number): void {
    const room = rooms.get(threadId);
    if (room !== undefined && furthestBehind(room) < seq) pump(threadId, room);
  }

  /** Looks again whether a user follows a thread. `position`: from which event on, where that is known. */
  function refreshAt(userId: number, threadId: number, position: number | null): Promise<void> {
    return whileEntering(async () => {
      const own = sessions.get(userId);
      if (own === undefined) return;
      const followed = await followsOne(core().db, userId, threadId);
      if (followed === null) await part(userId, threadId, own);
      else for (const session of own) enter(threadId, position ?? followed.event_seq, session);
    });
  }

  /** Who is no member any more is told so, once; who only no longer follows is not. */
  async function part(userId: number, threadId: number, own: ReadonlySet<Session>): Promise<void> {
    const parting = [...own].filter((session) => following.get(session)?.has(threadId));
    for (const session of parting) leave(threadId, session);
    if (parting.length === 0 || !(await hasLeft(core().db, userId, threadId))) return;
    for (const session of parting) session.send(leftPush(threadId), null);
  }

  /** One at a time for each survey, so that the newest state comes last. */
  async function pushSurvey(userId: number, surveyId: number): Promise<void> {
    try {
      for (let position = changing.get(surveyId); position; position = changing.get(surveyId)) {
        changing.set(surveyId, null);
        const [session] = sessions.get(userId) ?? [];
        if (session === undefined) return;
        pushedTo.set(surveyId, position);
        const frame = await surveyPush(core(), session.user, surveyId);
        if (frame !== null) for (const own of sessions.get(userId) ?? []) own.send(frame, null);
      }
    } finally {
      changing.delete(surveyId);
    }
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
      const before = await place(thread_id, position, session);
      if (position < Math.max(before, event_seq)) behind.push(thread_id);
    }
    for (const threadId of behind) pumpRoom(threadId);
    await Promise.all(behind.map((threadId) => rooms.get(threadId)?.pumping?.catch(() => {})));
  }

  /** Lets a session be told of a thread from a position on, also where it had come further. Answers how far it had. */
  async function place(threadId: number, position: number, session: Session): Promise<number> {
    // What is being pushed right now is to the position that it had.
    while (rooms.get(threadId)?.sessions.has(session) && rooms.get(threadId)!.pumping !== null)
      await rooms.get(threadId)!.pumping!.catch(() => {});
    const before = rooms.get(threadId)?.sessions.get(session) ?? position;
    enter(threadId, position, session);
    rooms.get(threadId)?.sessions.set(session, position);
    session.drop(threadId);
    return before;
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
      const told = rooms.get(thread_id)?.sessions.get(session);
      if (told !== undefined && (told !== event_seq || since < event_seq)) threads.set(thread_id, told);
    }
    session.bookmark = { ...session.bookmark, base, threads };
  }

  /** A commit in a thread, for the sessions of this node. */
  function wake(threadId: number, seq: number, touched: readonly Touched[]): void {
    for (const woken of entering) woken.add(threadId);
    const here = touched.filter(({ user }) => sessions.has(user));
    const refreshed = Promise.all(here.map(({ user, after }) => refreshAt(user, threadId, after)));
    if (here.length === 0) pumpUpTo(threadId, seq);
    else track(refreshed.then(() => pumpRoom(threadId)));
  }

  function unreadChanged(userId: number, threadId: number): void {
    const [session] = sessions.get(userId) ?? [];
    if (session === undefined) return;
    const { db, settings } = core();
    const told = unreadIn(db, threadId, userId, hiddenFrom(settings, session.user));
    track(
      told.then((data) => {
        if (data === null) return;
        const frame = frameOf("unread_changed", data);
        for (const own of sessions.get(userId) ?? []) own.send(frame);
      }),
    );
  }

  function surveyChanged(userId: number, surveyId: number, position: Position): void {
    const known = pushedTo.get(surveyId);
    if (known !== undefined && !isAfter(position, known)) return;
    const isPushing = changing.has(surveyId);
    if (!isPushing && !sessions.has(userId)) return;
    changing.set(surveyId, position);
    if (!isPushing) track(pushSurvey(userId, surveyId));
  }

  async function writing(userId: number, threadId: number, length: number): Promise<void> {
    const room = rooms.get(threadId);
    if (room === undefined) return;
    const account = (await core().people.show([userId])).get(userId)!;
    const frame = frameOf("thread_someone_is_writing", { thread: threadId, length, sender_data: account });
    const isOther = (session: Session) => session.user.id !== userId;
    const others = await new Delivery(core(), threadId, room.sessions).viewers(isOther, []);
    for (const { session } of others) session.send(frame);
  }

  function heard(said: Wake): void {
    if (said.type === "thread") wake(said.thread, said.seq, said.touched ?? []);
    else if (said.type === "follow") track(refreshAt(said.user, said.thread, null));
    else if (said.type === "unread") unreadChanged(said.user, said.thread);
    else if (said.type === "survey") surveyChanged(said.user, said.survey, said);
    else track(writing(said.user, said.thread, said.length));
  }
  bus.subscribe(heard);

  const hub: Hub = {
    heard,
    wake(thread, seq, announced, touched) {
      rooms.get(thread)?.announced.add(announced());
      wake(thread, seq, touched);
      bus.publish({ type: "thread", thread, seq, ...(touched.length === 0 ? {} : { touched }) });
    },
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
      following.set(session, new Set());
      const disconnect = () => {
        own.delete(session);
        if (own.size === 0 && sessions.get(id) === own) sessions.delete(id);
        for (const threadId of following.get(session) ?? []) leave(threadId, session);
        following.delete(session);
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

function furthestBehind({ sessions }: Room): number {
  let furthest = Number.MAX_SAFE_INTEGER;
  for (const position of sessions.values()) furthest = Math.min(furthest, position);
  return furthest;
}
