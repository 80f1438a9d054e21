import type { UserId } from "@colloquy/protocol";
import { LRUCache } from "lru-cache";
import type { Database, Queryable } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import { holds, NOTIFICATION } from "../../policies/bits.ts";
import type { RowVersions } from "../../realtime/watched.ts";
import type { MessageRow } from "./message.ts";
import { ofThreadType, type ThreadTypes } from "./threadTypes.ts";
import { asReader, isScripted, type ThreadView, type WatcherView } from "./view.ts";
import {
  type FoundView,
  findChangedViews,
  findRuledView,
  findRuledViews,
  storeUnread,
  type ViewQuery,
} from "./viewQueries.ts";
import type { HiddenRule } from "./visibility.ts";

/**
 * How people see threads now. What makes a cached view right is the thread's revision and the version of the member's
 * row: it is used only where the database says, each time, that neither has changed since. That costs it little. The
 * views that several requests ask for at the same time are read by one statement.
 */
export interface ViewCache {
  /** A member's view as it was last read, which may have changed since; null where none is cached. */
  cached(threadId: number, userId: UserId): CachedView | null;
  /** A message of theirs was committed right on a cached view: that is cached as it is after it. */
  advance(known: CachedView, message: MessageRow): void;
  /** A thread as a user sees it, as a reader where they are no member; null where there is none. */
  find(threadId: number, userId: UserId, hidden: HiddenRule): Promise<ThreadView | null>;
  /**
   * A thread as several people see it now that `messages` have been said in it, by their ids: members, and who is none
   * as a reader. The last one's commit may have seen that nothing has changed.
   */
  ofWatchers(
    threadId: number,
    watchers: ReadonlyMap<UserId, HiddenRule>,
    messages: readonly MessageRow[],
    rowVersions: RowVersions | null,
  ): Promise<ReadonlyMap<UserId, WatcherView>>;
}

/** A member's view, and the version of their row that it was read from. */
export interface CachedView {
  readonly view: WatcherView;
  readonly version: number;
}

const MOST_CACHED = 16_384;
/** Of one thread. */
const MOST_OF_ONE = 4_096;
/** Requests that go together: each is for one view, or for those of all who watch a thread. */
const MOST_AT_ONCE = 64;
/** Milliseconds from one statement to the next, in which further requests come. */
const PACE = 10;

interface Request {
  queries: readonly ViewQuery[];
  messageIds: readonly number[];
}

/** In the order of the queries; undefined where nothing has changed. */
type Reply = (FoundView | undefined)[];

export function openViewCache(db: Database, settings: ThreadTypes): ViewCache {
  const ask = gather<Request, Reply>(db, { most: MOST_AT_ONCE, pace: PACE }, (requests) =>
    readAll(db, requests),
  );
  const views = openCache();

  function read(row: FoundView, threadId: number, userId: UserId): WatcherView {
    const view: WatcherView = { ...row, id: threadId, user_id: userId, since: row };
    // What a run does changes the thread's revision each time.
    if (row.version !== null && !isScripted(view.state))
      views.set(threadId, userId, { view, version: row.version });
    else views.delete(threadId, userId);
    return view;
  }

  /** A cached view after further messages. */
  function advance(known: Kept, before: WatcherView, said: readonly MessageRow[]): WatcherView {
    const after = advanced(before, said, ofThreadType(settings, before.type).touch);
    // Somebody else may have heard of them, or read it anew, while it was asked whether this is right.
    if (known.view === before) known.view = after;
    return after;
  }

  /** A view that nothing but messages has changed. */
  function afterMessages(known: Kept, before: WatcherView, said: readonly MessageRow[]): WatcherView {
    return isNow(before, said) ? before : advance(known, before, said);
  }

  async function findNow(threadId: number, userId: UserId): Promise<ThreadView | null> {
    const known = views.of(threadId)?.get(userId);
    const view = known?.view;
    const asked = queryOf(threadId, userId, known, view?.seq ?? null);
    const [row] = await ask({ queries: [asked], messageIds: [] });
    if (row === undefined) return view!;
    return row.id === null ? null : read(row, threadId, userId);
  }

  return {
    cached(threadId, userId) {
      const known = views.of(threadId)?.get(userId);
      // A count that has fallen far behind is stored anew by whoever reads it.
      return known === undefined || isBehind(known.view) ? null : { ...known };
    },

    advance({ view }, message) {
      const known = views.of(view.id)?.get(view.user_id);
      if (known !== undefined) advance(known, view, [message]);
    },

    async find(threadId, userId, hidden) {
      const view =
        hidden.length > 0
          ? await findRuledView(db, threadId, userId, hidden)
          : await findNow(threadId, userId);
      if (view === null) return null;
      await settleUnread(db, [view]);
      return asReader({ ...view, unread_lag: 0 });
    },

    async ofWatchers(threadId, watchers, messages, rowVersions) {
      const said = messages.length < 2 ? messages : messages.toSorted((one, other) => one.seq - other.seq);
      const messageIds = messages.map(({ id }) => id);
      const found = new Map<UserId, WatcherView>();
      const ruled: [UserId, HiddenRule][] = [];
      const queries: ViewQuery[] = [];
      const known: ({ one: Kept; view: WatcherView } | null)[] = [];
      const members = views.of(threadId);
      for (const [user, hidden] of watchers) {
        if (hidden.length > 0) {
          ruled.push([user, hidden]);
          continue;
        }
        const one = members?.get(user);
        const isKnown = one !== undefined && (isNow(one.view, said) || follow(one.view, said));
        if (isKnown && rowVersions !== null && isAsSeen(one, user, rowVersions)) {
          found.set(user, afterMessages(one, one.view, said));
          continue;
        }
        known.push(isKnown ? { one, view: one.view } : null);
        const seq = isKnown && said.length === 0 ? one.view.seq : null;
        queries.push(queryOf(threadId, user, isKnown ? one : undefined, seq));
      }
      const reply = queries.length === 0 ? [] : await ask({ queries, messageIds });
      for (let index = 0; index < queries.length; index++) {
        const { user_id } = queries[index]!;
        const row = reply[index];
        if (row === undefined) {
          const { one, view } = known[index]!;
          found.set(user_id, afterMessages(one, view, said));
        } else if (row.id !== null) {
          const view = read(row, threadId, user_id);
          found.set(user_id, watching(view));
        }
      }
      if (ruled.length > 0)
        for (const view of await findRuledViews(db, threadId, ruled, messageIds))
          found.set(view.user_id, watching({ ...view, since: view }));
      await settleUnread(db, found.values());
      return found;
    },
  };
}

/** A view whose stored count is this many messages behind has it stored anew. */
const UNREAD_LAG = 50;

function isBehind({ unread_lag }: ThreadView): boolean {
  return unread_lag > UNREAD_LAG;
}

/** Stores unread counts that have fallen behind, so that the next one reads only what is newer. */
export async function settleUnread(db: Queryable, views: Iterable<ThreadView>): Promise<void> {
  const behind: ThreadView[] = [];
  for (const view of views) if (view.is_member && isBehind(view)) behind.push(view);
  if (behind.length > 0) await storeUnread(db, behind);
}

/** Whoever is no member has nothing unread. */
function watching(view: WatcherView): WatcherView {
  return view.is_member ? view : { ...asReader(view), read: [], since: view.since };
}

async function readAll(db: Database, requests: readonly Request[]): Promise<Reply[]> {
  const replies = requests.map((): Reply => []);
  const queries = requests.flatMap((request) => request.queries);
  const rows = await findChangedViews(
    db,
    queries,
    requests.flatMap((request) => request.messageIds),
  );
  if (rows.length === 0) return replies;
  const places = requests.flatMap(({ queries }, index) => queries.map((_, place) => ({ index, place })));
  for (const row of rows) {
    const { index, place } = places[row.n - 1]!;
    replies[index]![place] = row;
  }
  return replies;
}

/** What is cached, and moves on with each message. */
type Kept = { -readonly [Name in keyof CachedView]: CachedView[Name] };

interface Cache {
  /** By user. */
  of(threadId: number): ReadonlyMap<UserId, Kept> | undefined;
  set(threadId: number, userId: UserId, kept: Kept): void;
  delete(threadId: number, userId: UserId): void;
}

/** Cached views by thread and user; those of threads that nobody looked at for longest are forgotten first. */
function openCache(): Cache {
  const threads = new LRUCache<number, Map<UserId, Kept>>({
    maxSize: MOST_CACHED,
    sizeCalculation: (views) => views.size,
  });
  return {
    of: (threadId) => threads.get(threadId),
    delete: (threadId, userId) => void threads.peek(threadId)?.delete(userId),
    set(threadId, userId, kept) {
      const views = threads.get(threadId) ?? new Map<UserId, Kept>();
      const isNew = !views.has(userId);
      if (isNew && views.size >= MOST_OF_ONE) return;
      views.set(userId, kept);
      if (!isNew) return;
      // A size is only reckoned of what comes in.
      threads.delete(threadId);
      threads.set(threadId, views);
    },
  };
}

function queryOf(
  thread_id: number,
  user_id: UserId,
  known: CachedView | undefined,
  seq: number | null,
): ViewQuery {
  if (known === undefined) return { thread_id, user_id, version: null, revision: null, seq: null };
  return { thread_id, user_id, version: known.version, revision: known.view.revision, seq };
}

/** Whether a commit found somebody's row, and the thread, as their view was read from. */
function isAsSeen(
  { view, version }: Kept,
  user: UserId,
  { users, versions, revision }: RowVersions,
): boolean {
  return view.revision === revision && versions[users.indexOf(user)] === version;
}

/** Whether messages, in their order, are just the next ones after a view. */
function follow({ seq }: ThreadView, said: readonly MessageRow[]): boolean {
  return said.every((message, index) => message.seq === seq + 1 + index);
}

/** Whether a view has all that was said in it: nothing, or a message of the viewer's own that was remembered already. */
function isNow({ seq, read }: WatcherView, said: readonly MessageRow[]): boolean {
  const [message, ...others] = said;
  return message === undefined || (others.length === 0 && message.seq === seq && read.includes(message.id));
}

/** A view after further messages: the twin, for what is newer than all that was read, of what the queries count. */
function advanced(view: WatcherView, said: readonly MessageRow[], touches: boolean): WatcherView {
  const isTold = holds(view.notifications, NOTIFICATION.UNREAD);
  const read: number[] = [];
  for (const { id, sender_id } of said) if (!isTold || sender_id === view.user_id) read.push(id);
  const last = said.at(-1)!;
  return {
    ...view,
    seq: last.seq,
    updated: touches ? last.created : view.updated,
    unread: view.unread + said.length - read.length,
    unread_lag: view.unread_lag + said.length,
    read,
  };
}
