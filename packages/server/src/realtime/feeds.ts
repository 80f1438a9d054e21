import type { UserId } from "@colloquy/protocol";
import type { StreamEvent, Written } from "../log/publish.ts";
import type { Caller } from "../policies/caller.ts";
import type { Bookmark, Followed } from "./bookmark.ts";
import type { Frame } from "./frame.ts";
import type { Session } from "./session.ts";
import type { RowVersions } from "./watched.ts";

/**
 * What features push. Realtime knows who has a socket open, what they follow and how far each has been told; it keeps the
 * order, tells nothing twice, and carries frames that it does not look into. A feed says of something: who may be told of
 * it, and what they see of it from a position on. Each feed promises:
 *
 * - It shows something as it is at that moment, to each as they may see it at that moment: threads and surveys by the
 *   policies, counts by membership alone, since they say nothing of what was written. Whoever may not see it, or is
 *   nobody any more, gets no frame.
 * - It shows what is committed, in the order of commits, without a gap.
 * - Where it cannot tell, it throws. What is in the log is then asked for again; a count that could not be told comes
 *   with the next one, or when its user comes back. It keeps nothing between two calls but what the database says is
 *   still right.
 */
export interface Feeds {
  threads: StreamFeed;
  surveys: StateFeed;
  unread: CountFeed;
}

/** A session that follows a thread. */
export interface Follower {
  readonly session: Session;
  /** The event up to which it has been told; infinite once it has left. */
  position: number;
}

/** Events of a thread that follow each other. A feed may keep there what they tell of. */
export interface Batch {
  events: readonly StreamEvent[];
  /** There may be more after it. */
  isPage: boolean;
  /** How the commit of the last event found who watches. */
  rowVersions: RowVersions | null;
}

/** What followers see of a batch. */
export interface Shown {
  /** Those of its events that are pushed, in order. */
  events: readonly StreamEvent[];
  /** The followers who may see the thread. */
  receivers: readonly Follower[];
  /** For each of these events what the receiver at a place in the list is sent; null where it is not for them. */
  framesFor(place: number): readonly (Frame | null)[];
}

/** Numbered events that many follow, each told of every one of them: threads. Positions are numbers of events. */
export interface StreamFeed<News extends Batch = Batch> {
  /** What came after a position; null where nothing did. */
  read(thread: number, after: number): Promise<News | null>;
  /** The same of what this process wrote itself; null where it is to be read. */
  batchOf(written: readonly Written[]): News | null;
  /** Null where nobody of them is sent anything. */
  show(thread: number, followers: readonly Follower[], news: News): Promise<Shown | null>;
  /** What a member is told of others who write, and who of the followers is told. */
  writing(
    thread: number,
    user: UserId,
    length: number,
    followers: readonly Follower[],
  ): Promise<{ frame: Frame; receivers: readonly Follower[] }>;
  /** All that those are told who are no members any more. */
  left(thread: number): Frame;

  /** All threads that a user follows: as a member, or (`subscribed`) from outside. */
  followedBy(user: UserId): Promise<readonly { thread_id: number; subscribed: boolean }[]>;
  /** Those of some users who follow a thread, and how many events it has. */
  followersOf(
    thread: number,
    users: readonly UserId[],
  ): Promise<readonly { user_id: UserId; event_seq: number }[]>;
  /** Those of some users who were members of a thread and are no more. */
  havingLeft(thread: number, users: readonly UserId[]): Promise<readonly UserId[]>;
  /** The threads that a user follows now, by their ids, and how far a bookmark says that they know them. */
  followedSince(user: UserId, bookmark: Omit<Bookmark, "epoch">): Promise<readonly Followed[]>;
  /** In which of some threads a user has joined after a position there: the event of the last time, by thread. */
  joinedSince(
    user: UserId,
    threads: readonly { thread: number; after: number }[],
  ): Promise<ReadonlyMap<number, number>>;
  /** Threads that a user left, or was taken out of, since a bookmark; they may be back by now. */
  leftSince(user: UserId, bookmark: Pick<Bookmark, "base" | "threads">): Promise<readonly number[]>;
}

/** Things of one user, of which only the newest state is told: surveys. Positions are those of the log. */
export interface StateFeed {
  /** Those that changed since a bookmark, by their ids. */
  changedSince(user: UserId, bookmark: Pick<Bookmark, "base" | "rest">): Promise<readonly number[]>;
  /** One as it is now; null where it is not for its user. */
  show(user: Caller, id: number): Promise<Frame | null>;
}

/** What a user has not read, by thread. It is in no log: whoever comes back is told all of it. */
export interface CountFeed {
  of(user: Caller, threads: readonly number[]): Promise<readonly CountOf[]>;
  everywhere(user: Caller): Promise<readonly CountOf[]>;
  /** So many of them, by their ids, after one. */
  page(user: Caller, page: { after: number; limit: number }): Promise<readonly CountOf[]>;
}

export interface CountOf {
  thread: number;
  frame: Frame;
}
