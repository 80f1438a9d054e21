import type { Caller } from "../policies/caller.ts";
import { type Bookmark, toToken } from "./bookmark.ts";
import type { Frame } from "./frame.ts";
import type { Identity } from "./identity.ts";

/** Where in the log of its thread a push comes from. */
export interface Place {
  thread: number;
  seq: number;
}

/** Where frames go. Writing never waits and never throws. */
export interface Outlet {
  write(frame: Frame, event?: string): void;
  /** Whether so much waits there that no more of what was missed should be added. */
  isFull(): boolean;
  /** Waits until it is not full any more. False where nothing can be written any more, or not now. */
  ready(): Promise<boolean>;
  /** Called where so much is kept that it must not become more: what is not released now is lost. */
  overflow(): void;
  /** Called where the user cannot be told what they missed. */
  fail(error: unknown): void;
}

/** One open connection of a user. */
export interface Session extends Pick<Outlet, "isFull" | "ready" | "fail"> {
  readonly identity: Identity;
  /** Who it belongs to, as far as is known; `identity` says when to ask again. */
  readonly user: Caller;
  /** When, by this process's clock, in milliseconds. */
  opened: number;
  /** How far the client has been told. */
  bookmark: Bookmark;
  /** What comes from the log carries the bookmark: from a place in a thread's, or (null) elsewhere in it. */
  send(frame: Frame, place?: Place | null): void;
  /** Sends what was kept, and from now on everything at once: until then, frames are kept. */
  release(): void;
  /** Forgets what is kept, and keeps no more. */
  discard(): void;
}

/** Threads in a bookmark, above which it is worth being made anew. */
export const MANY = 16;

/** Characters of frames that are kept until the session is released. */
const MOST_KEPT = 1_048_576;

/** Keeps what is sent until it is released. `onMany` is called where the bookmark has grown long. */
export function openSession(
  identity: Identity,
  bookmark: Bookmark,
  outlet: Outlet,
  onMany: (session: Session) => void = () => {},
): Session {
  let kept: { frame: Frame; place: Place | null | undefined }[] | null = [];
  let keptLength = 0;

  function tell(frame: Frame, place: Place | null | undefined): void {
    if (place) session.bookmark.threads.set(place.thread, place.seq);
    if (place === undefined) outlet.write(frame);
    else outlet.write(frame, toToken(session.bookmark));
    if (session.bookmark.threads.size > MANY) onMany(session);
  }

  const session: Session = {
    identity,
    get user() {
      return identity.user;
    },
    opened: Date.now(),
    bookmark,
    send(frame, place) {
      if (kept === null) return tell(frame, place);
      kept.push({ frame, place });
      keptLength += frame.start.text.length + frame.rest.length;
      if (keptLength <= MOST_KEPT) return;
      outlet.overflow();
      session.discard();
    },
    release() {
      const before = kept ?? [];
      kept = null;
      for (const { frame, place } of before) tell(frame, place);
    },
    discard() {
      kept = null;
    },
    isFull: outlet.isFull,
    ready: outlet.ready,
    fail: outlet.fail,
  };
  return session;
}
