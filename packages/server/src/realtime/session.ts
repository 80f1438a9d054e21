import type { Caller } from "../http/caller.ts";
import { type Bookmark, toToken } from "./bookmark.ts";
import type { Frame } from "./frame.ts";

/** Where in the log of its thread a push comes from. */
export interface Place {
  thread: number;
  seq: number;
}

/** One open connection of a user. `send` never waits and never throws. */
export interface Session {
  user: Caller;
  /** When, by this process's clock, in milliseconds. */
  opened: number;
  /** How far the client has been told. */
  bookmark: Bookmark;
  /** What comes from the log carries the bookmark: from a place in a thread's, or (null) elsewhere in it. */
  send(frame: Frame, place?: Place | null): void;
  /** Keeps what is sent from now on, as it does from the beginning. */
  hold(): void;
  /** Sends what was kept, and from now on everything at once. */
  release(): void;
  /** Forgets what is kept of a thread: it is read from the log again. */
  drop(thread: number): void;
}

/** Threads in a bookmark, above which it is worth being made anew. */
const MANY = 16;

/** Keeps what is sent until it is released. `onMany` is called where the bookmark has grown long. */
export function openSession(
  user: Caller,
  bookmark: Bookmark,
  write: (frame: Frame, event?: string) => void,
  onMany: (session: Session) => void = () => {},
): Session {
  let held: { frame: Frame; place: Place | null | undefined }[] | null = [];

  function tell(frame: Frame, place: Place | null | undefined): void {
    if (place) session.bookmark.threads.set(place.thread, place.seq);
    if (place === undefined) write(frame);
    else write(frame, toToken(session.bookmark));
    if (session.bookmark.threads.size > MANY) onMany(session);
  }

  const session: Session = {
    user,
    opened: Date.now(),
    bookmark,
    send(frame, place) {
      if (held === null) tell(frame, place);
      else held.push({ frame, place });
    },
    hold() {
      held ??= [];
    },
    release() {
      const kept = held ?? [];
      held = null;
      for (const { frame, place } of kept) tell(frame, place);
    },
    drop(thread) {
      held = held?.filter(({ place }) => place?.thread !== thread) ?? null;
    },
  };
  return session;
}
