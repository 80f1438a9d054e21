import type { UserId } from "@colloquy/protocol";
import type { Written } from "../log/publish.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { timePushes } from "../metrics/pushDelay.ts";
import type { Batch, Follower, Shown, StreamFeed } from "./feeds.ts";
import type { Session } from "./session.ts";
import type { Moment, Watched } from "./watched.ts";

/** Which sessions follow which threads, and how far each has been told. What is behind is pumped to them. */
export interface Rooms {
  /** A session may enter rooms from now on. */
  open(session: Session): void;
  /** It leaves all of them. */
  close(session: Session): void;
  /** Lets a session follow a thread after a position; one that does so already stays where it is. */
  enter(threadId: number, position: number, session: Session): void;
  leave(threadId: number, session: Session): void;
  has(threadId: number, session: Session): boolean;
  /** Who is in a room; null where nobody is. */
  in(threadId: number): ReadonlyMap<Session, Follower> | null;
  /** Who is in a room, to be looked at by a commit; nobody where they are too many for that. */
  watched(threadId: number): Watched | null;
  /** It was heard that somebody has read in a thread: what was found of them before does not count any more. */
  noteReading(threadId: number): void;
  /** The same of all threads: it may not have been heard. */
  noteReadingAnywhere(): void;
  now(): Moment;
  /** Whether somebody in a room was told something, or heard to have read there, since a moment. */
  hasChangedSince(threadId: number, moment: Moment): boolean;
  /** The threads that a session follows. */
  of(session: Session): ReadonlySet<number>;
  /** What this process wrote itself. */
  wrote(threadId: number, written: () => readonly Written[]): void;
  /** Answers when what is being pushed right now, if anything is, has been. */
  pushed(threadId: number): Promise<void>;
  /** Tells those who are behind; answers when all that was known of is told, or will be tried again. */
  pump(threadId: number): Promise<void>;
  /** The same for what there is up to an event. */
  pumpUpTo(threadId: number, seq: number): void;
}

interface Room {
  followers: Map<Session, Follower>;
  /** What this process wrote lately, and was not told yet. */
  lately: Lately;
  /** When somebody was last heard to have read here. */
  readAt: Moment;
  /** When something was last pushed; infinite while something is. */
  pushedAt: Moment;
  pumping: Promise<void> | null;
  /** What is being pushed right now. */
  pushing: Promise<void>;
  /** The newest event that is known to be there. */
  known: number;
  /** Whether there may be more than is known. */
  isOpen: boolean;
}

/** In a room, whom a commit looks at. */
const MOST_WATCHED = 64;
/** Milliseconds until pushes are tried again after a fault. */
const RETRY = 1_000;

/** @param track keeps the process from ending before what is under way */
export function openRooms(
  feed: StreamFeed,
  metrics: Metrics,
  track: (work: Promise<unknown>) => void,
  onFault: (error: unknown) => void,
): Rooms {
  const rooms = new Map<number, Room>();
  const following = new Map<Session, Set<number>>();
  let moment: Moment = 0;

  function pumpRoom(threadId: number, room: Room): Promise<void> {
    if (room.pumping !== null) return room.pumping;
    const pumping: Promise<void> = drain(threadId, room).then(
      () => {
        room.pumping = null;
        // It may have been woken after its last look.
        return isBehind(room) ? pumpRoom(threadId, room) : undefined;
      },
      (error) => {
        room.pumping = null;
        room.isOpen = true;
        onFault(error);
        // What could not be read or shown is tried again: the log still has it.
        setTimeout(pumpRoom, RETRY, threadId, room).unref();
      },
    );
    room.pumping = pumping;
    track(pumping);
    return pumping;
  }

  /** What this process wrote itself, where that is all of it. */
  function ofOurs({ lately }: Room, after: number): Batch | null {
    const written = lately.after(after);
    return written.length === 0 ? null : feed.batchOf(written);
  }

  async function drain(threadId: number, room: Room): Promise<void> {
    while (isBehind(room)) {
      const { isOpen, known } = room;
      room.isOpen = false;
      const after = furthestBehind(room);
      const batch = (isOpen ? null : ofOurs(room, after)) ?? (await feed.read(threadId, after));
      if (batch === null) {
        // What was known is not in the log any more.
        if (room.known === known) room.known = after;
        continue;
      }
      const rowVersions = batch.rowVersions?.readAt === room.readAt ? batch.rowVersions : null;
      room.pushedAt = Number.POSITIVE_INFINITY;
      const followers = room.followers.values();
      const pushing = deliver(feed, metrics, threadId, followers, { ...batch, rowVersions }, after).finally(
        () => {
          room.pushedAt = ++moment;
        },
      );
      room.pushing = pushing.catch(() => {});
      await pushing;
      room.lately.forgetUpTo(batch.events.at(-1)!.seq!);
      // Somebody who came meanwhile and has less than the others is behind what is known, or pumped by who let them in.
      if (batch.isPage) room.isOpen = true;
    }
  }

  const self: Rooms = {
    open: (session) => void following.set(session, new Set()),
    close(session) {
      for (const threadId of following.get(session) ?? []) self.leave(threadId, session);
      following.delete(session);
    },
    enter(threadId, position, session) {
      const own = following.get(session);
      if (own === undefined) return;
      let room = rooms.get(threadId);
      if (room === undefined) {
        room = {
          followers: new Map(),
          lately: new Lately(),
          readAt: ++moment,
          pushedAt: 0,
          pumping: null,
          pushing: Promise.resolve(),
          known: 0,
          isOpen: false,
        };
        rooms.set(threadId, room);
      }
      if (!room.followers.has(session)) room.followers.set(session, { session, position });
      own.add(threadId);
    },
    leave(threadId, session) {
      following.get(session)?.delete(threadId);
      const room = rooms.get(threadId);
      const follower = room?.followers.get(session);
      if (room === undefined || follower === undefined) return;
      follower.position = Number.POSITIVE_INFINITY;
      room.followers.delete(session);
      if (room.followers.size === 0) rooms.delete(threadId);
    },
    has: (threadId, session) => following.get(session)?.has(threadId) === true,
    in: (threadId) => rooms.get(threadId)?.followers ?? null,
    watched(threadId) {
      const room = rooms.get(threadId);
      if (room === undefined || room.followers.size > MOST_WATCHED) return null;
      const users = new Set<UserId>();
      for (const { user } of room.followers.keys()) users.add(user.id);
      return { users: [...users], readAt: room.readAt };
    },
    noteReading(threadId) {
      const room = rooms.get(threadId);
      if (room !== undefined) room.readAt = ++moment;
    },
    noteReadingAnywhere() {
      moment += 1;
      for (const room of rooms.values()) room.readAt = moment;
    },
    now: () => moment,
    hasChangedSince(threadId, since) {
      const room = rooms.get(threadId);
      return room !== undefined && Math.max(room.readAt, room.pushedAt) > since;
    },
    of: (session) => following.get(session) ?? new Set(),
    wrote(threadId, written) {
      rooms.get(threadId)?.lately.add(written());
    },
    async pushed(threadId) {
      await rooms.get(threadId)?.pushing;
    },
    async pump(threadId) {
      const room = rooms.get(threadId);
      if (room === undefined) return;
      room.isOpen = true;
      await pumpRoom(threadId, room);
    },
    pumpUpTo(threadId, seq) {
      const room = rooms.get(threadId);
      if (room === undefined) return;
      room.known = Math.max(room.known, seq);
      if (isBehind(room)) void pumpRoom(threadId, room);
    },
  };
  return self;
}

function isBehind(room: Room): boolean {
  return room.followers.size > 0 && (room.isOpen || furthestBehind(room) < room.known);
}

function furthestBehind({ followers }: Room): number {
  let furthest = Number.MAX_SAFE_INTEGER;
  for (const { position } of followers.values()) if (position < furthest) furthest = position;
  return furthest;
}

/**
 * Pushes the events of a thread after a position in order to those who have not been told of them, each as its receiver
 * sees the thread now. Who is behind that position, having come meanwhile, is left to the next time: else they would
 * miss what lies between.
 */
async function deliver(
  feed: StreamFeed,
  metrics: Metrics,
  threadId: number,
  followers: Iterable<Follower>,
  batch: Batch,
  after: number,
): Promise<void> {
  const last = batch.events.at(-1)!.seq!;
  const behind: Follower[] = [];
  for (const follower of followers)
    if (follower.position >= after && follower.position < last) behind.push(follower);
  const shown = behind.length === 0 ? null : await feed.show(threadId, behind, batch);
  if (shown !== null) push(metrics, threadId, shown);
  for (const follower of behind) tell(follower, last);
}

function push(metrics: Metrics, thread: number, { events, receivers, framesFor }: Shown): void {
  const pushed = timePushes(metrics, events, receivers);
  const places = events.map(({ seq }) => ({ thread, seq: seq! }));
  for (const [at, follower] of receivers.entries()) {
    const frames = framesFor(at);
    const { session, position } = follower;
    for (let index = 0; index < places.length; index++) {
      const [frame, place] = [frames[index]!, places[index]!];
      if (frame !== null && place.seq > position) session.send(frame, place);
    }
    // At once: should the next one fail, this one is not told again.
    tell(follower, places.at(-1)!.seq);
  }
  pushed();
}

function tell(follower: Follower, position: number): void {
  if (follower.position < position) follower.position = position;
}

const MOST_KEPT = 200;

/** What this process published of one thread lately, until its followers have been told of it. */
export class Lately {
  readonly #bySeq = new Map<number, Written>();

  add(written: readonly Written[]): void {
    if (this.#bySeq.size + written.length > MOST_KEPT) this.#bySeq.clear();
    for (const one of written) this.#bySeq.set(one.event.seq!, one);
  }

  /** All from a position on, without a gap. */
  after(position: number): Written[] {
    const found: Written[] = [];
    for (let next = this.#bySeq.get(position + 1); next; next = this.#bySeq.get(next.event.seq! + 1))
      found.push(next);
    return found;
  }

  forgetUpTo(position: number): void {
    for (const seq of this.#bySeq.keys()) if (seq <= position) this.#bySeq.delete(seq);
  }
}
