import type { Queryable } from "../database/database.ts";
import { findLogNow } from "../log/position.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Caller } from "../policies/caller.ts";
import { type Bookmark, type Followed, parseToken, stillNamed, toToken } from "./bookmark.ts";
import type { Feeds } from "./feeds.ts";
import { toText } from "./frame.ts";
import { Identity } from "./identity.ts";
import {
  findMissed,
  MOST_MISSED,
  missedThread,
  type ReplayDeps,
  tellLeft,
  tellMissed,
  tellUnread,
} from "./replay.ts";
import { MANY, openSession } from "./session.ts";

/** What it takes to find out where a client stands. */
export interface StandingDeps {
  db: Queryable;
  feeds: Pick<Feeds, "threads">;
  metrics: Metrics;
}

/** Where a client stands. */
export interface Standing {
  /** Of who begins now: they know all that is committed, and are told of the rest. */
  now: Bookmark;
  /** Of their token, where all that came since can be told again; null where everything is fetched anew. */
  since: Bookmark | null;
}

export async function standingOf(
  { db, feeds, metrics }: StandingDeps,
  user: Caller,
  token: string | null,
): Promise<Standing> {
  const asked = token === null ? null : parseToken(token);
  // Before the oldest transaction that is still to be told of, nothing is asked for.
  const { epoch, base, kept } = await findLogNow(db, asked?.rest?.base ?? asked?.base ?? null);
  const now = { epoch, base, threads: new Map(), rest: null };
  if (token === null) return { now, since: null };
  const isKept = asked !== null && asked.epoch === epoch && kept;
  const since = isKept && !isTooMuch(await feeds.threads.followedSince(user.id, asked)) ? asked : null;
  metrics.countOf("resumes_total", since === null ? "resync" : "resumed");
  return { now, since };
}

/** A page of what a user missed, for whoever has no socket open. */
export interface Synced {
  /** Where to go on from. */
  event: string;
  /** Whether there was too much, or the token is of another time: then `events` is empty, and all is fetched anew. */
  resync: boolean;
  /** Whether there is more to be told than is in this page. */
  more: boolean;
  /** The frames that a socket would have been pushed, in order, as JSON. */
  events: string[];
}

/** A page of `/sync` ends with the frame that makes it as large as this. */
const PAGE = { frames: 500, characters: 1_000_000 };

export async function syncSince(
  deps: StandingDeps & ReplayDeps,
  user: Caller,
  token: string,
): Promise<Synced> {
  deps.metrics.count("syncs_total");
  const events: string[] = [];
  const { now, since } = await standingOf(deps, user, token);
  if (since === null) return { event: toToken(now), resync: true, more: false, events };
  let characters = 0;
  const isFull = () => events.length >= PAGE.frames || characters >= PAGE.characters;
  const identity = new Identity({ user, renew: null, isCurrent: true }, 0, () => {});
  const session = openSession(identity, since, {
    write(frame, event) {
      const text = toText(frame, event);
      characters += text.length;
      events.push(text);
    },
    isFull,
    ready: async () => !isFull(),
    overflow() {},
    fail() {},
  });
  session.release();
  const missed = await findMissed(deps, user.id, since);
  const threads = missed.followed
    .filter((followed) => followed.since < followed.event_seq)
    .map((followed) => missedThread(session, followed));
  tellLeft(deps, session, missed);
  const isAll = await tellMissed(deps, { session, threads, isOver: false, follow() {} });
  if (isAll) await tellUnread(deps.feeds.unread, session, async () => true);
  if (isAll && session.bookmark.threads.size > MANY) {
    const { bookmark } = session;
    const { base } = bookmark;
    const followed = await deps.feeds.threads.followedSince(user.id, {
      base,
      threads: new Map(),
      rest: null,
    });
    session.bookmark = {
      ...bookmark,
      threads: stillNamed(followed, (thread) => bookmark.threads.get(thread)),
    };
  }
  return { event: toToken(session.bookmark), resync: false, more: !isAll, events };
}

/** Whether this is too much to be told again: fetching anew is less. */
function isTooMuch(followed: readonly Followed[]): boolean {
  return followed.reduce((sum, { event_seq, since }) => sum + event_seq - since, 0) > MOST_MISSED;
}
