import { LRUCache } from "lru-cache";
import type { Database } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import type { MessageRow } from "../../messages/queries.ts";
import type { HiddenRule } from "./visibility.ts";
import { holds, NOTIFICATION } from "../../policies/bits.ts";
import type { Sighting } from "../../threads/push/news.ts";
import type { Settings } from "../../settings.ts";
import {
  findChangedViews,
  findRuledView,
  findRuledViews,
  type Glance,
  type GlancedView,
  isBehind,
  settleUnread,
} from "../../threads/queries.ts";
import { ofThreadType } from "./threadTypes.ts";
import { asReader, isScripted, type ThreadView, type WatcherView } from "./view.ts";

/**
 * How people see threads now. A view that was read before is believed only where the database says, each time, that
 * neither the thread nor the member's row has changed since: that costs it little. Many are asked for at once.
 */
export interface Views {
  /** A member's view as it was last read, which may have changed since; null where none is remembered. */
  recall(threadId: number, userId: number): Remembered | null;
  /** A message of theirs was committed right on what was recalled: that is remembered as it is after it. */
  said(known: Remembered, message: MessageRow): void;
  /** A thread as a user sees it, as a reader where they are no member; null where there is none. */
  find(threadId: number, userId: number, hidden: HiddenRule): Promise<ThreadView | null>;
  /**
   * A thread as several people see it now that `messages` have been said in it, by their ids: members, and who is none
   * as a reader. The last one's commit may have seen that nothing has changed.
   */
  ofWatchers(
    threadId: number,
    watchers: ReadonlyMap<number, HiddenRule>,
    messages: readonly MessageRow[],
    sighting: Sighting | null,
  ): Promise<ReadonlyMap<number, WatcherView>>;
}

/** A member's view, and the version of their row that it was read from. */
export interface Remembered {
  readonly view: WatcherView;
  readonly version: number;
}

const MOST_REMEMBERED = 16_384;
/** Of one thread. */
const MOST_OF_ONE = 4_096;
/** Questions that go together: each is of one view, or of all who watch a thread. */
const MOST_AT_ONCE = 64;
/** Milliseconds from one question to the next, in which further ones come. */
const PACE = 10;

interface Question {
  glances: readonly Glance[];
  messageIds: readonly number[];
}

/** In the order of the glances; undefined where nothing has changed. */
type Answer = (GlancedView | undefined)[];

export function openViews(db: Database, settings: Settings): Views {
  const ask = gather<Question, Answer>(db, { most: MOST_AT_ONCE, pace: PACE }, (questions) =>
    glance(db, questions),
  );
  const remembered = openMemory();

  function read(row: GlancedView, threadId: number, userId: number): WatcherView {
    const view: WatcherView = { ...row, id: threadId, user_id: userId, since: row };
    // What a run does changes the thread's revision each time.
    if (row.version !== null && !isScripted(view.state))
      remembered.set(threadId, userId, { view, version: row.version });
    return view;
  }

  /** A view that was remembered, after further messages. */
  function hear(known: Kept, before: WatcherView, said: readonly MessageRow[]): WatcherView {
    const after = advanced(before, said, ofThreadType(settings, before.type).touch);
    // Somebody else may have heard of them, or read it anew, while it was asked whether this is right.
    if (known.view === before) known.view = after;
    return after;
  }

  /** A view that nothing but messages has changed. */
  function afterMessages(known: Kept, before: WatcherView, said: readonly MessageRow[]): WatcherView {
    return isNow(before, said) ? before : hear(known, before, said);
  }

  async function findNow(threadId: number, userId: number): Promise<ThreadView | null> {
    const known = remembered.of(threadId)?.get(userId);
    const view = known?.view;
    const asked = glanceOf(threadId, userId, known, view?.seq ?? null);
    const [row] = await ask({ glances: [asked], messageIds: [] });
    if (row === undefined) return view!;
    return row.id === null ? null : read(row, threadId, userId);
  }

  return {
    recall(threadId, userId) {
      const known = remembered.of(threadId)?.get(userId);
      // A count that has fallen far behind is stored anew by whoever reads it.
      return known === undefined || isBehind(known.view) ? null : { ...known };
    },

    said({ view }, message) {
      const known = remembered.of(view.id)?.get(view.user_id);
      if (known !== undefined) hear(known, view, [message]);
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

    async ofWatchers(threadId, watchers, messages, sighting) {
      const said = messages.length < 2 ? messages : messages.toSorted((one, other) => one.seq - other.seq);
      const messageIds = messages.map(({ id }) => id);
      const views = new Map<number, WatcherView>();
      const ruled: [number, HiddenRule][] = [];
      const glances: Glance[] = [];
      const known: ({ one: Kept; view: WatcherView } | null)[] = [];
      const members = remembered.of(threadId);
      for (const [user, hidden] of watchers) {
        if (hidden.length > 0) {
          ruled.push([user, hidden]);
          continue;
        }
        const one = members?.get(user);
        const isKnown = one !== undefined && (isNow(one.view, said) || follow(one.view, said));
        if (isKnown && sighting !== null && isAsSeen(one, user, sighting)) {
          views.set(user, afterMessages(one, one.view, said));
          continue;
        }
        known.push(isKnown ? { one, view: one.view } : null);
        const seq = isKnown && said.length === 0 ? one.view.seq : null;
        glances.push(glanceOf(threadId, user, isKnown ? one : undefined, seq));
      }
      const answer = glances.length === 0 ? [] : await ask({ glances, messageIds });
      for (let index = 0; index < glances.length; index++) {
        const { user_id } = glances[index]!;
        const row = answer[index];
        if (row === undefined) {
          const { one, view } = known[index]!;
          views.set(user_id, afterMessages(one, view, said));
        } else if (row.id !== null) {
          const view = read(row, threadId, user_id);
          views.set(user_id, watching(view));
        }
      }
      if (ruled.length > 0)
        for (const view of await findRuledViews(db, threadId, ruled, messageIds))
          views.set(view.user_id, watching({ ...view, since: view }));
      await settleUnread(db, views.values());
      return views;
    },
  };
}

/** Whoever is no member has nothing unread. */
function watching(view: WatcherView): WatcherView {
  return view.is_member ? view : { ...asReader(view), read: [], since: view.since };
}

async function glance(db: Database, questions: readonly Question[]): Promise<Answer[]> {
  const answers = questions.map((): Answer => []);
  const glances = questions.flatMap((question) => question.glances);
  const rows = await findChangedViews(
    db,
    glances,
    questions.flatMap((question) => question.messageIds),
  );
  if (rows.length === 0) return answers;
  const places = questions.flatMap(({ glances }, index) => glances.map((_, place) => ({ index, place })));
  for (const row of rows) {
    const { index, place } = places[row.n - 1]!;
    answers[index]![place] = row;
  }
  return answers;
}

/** What is remembered, and moves on with each message. */
type Kept = { -readonly [Name in keyof Remembered]: Remembered[Name] };

interface Memory {
  /** By user. */
  of(threadId: number): ReadonlyMap<number, Kept> | undefined;
  set(threadId: number, userId: number, kept: Kept): void;
}

/** Views by thread and user; those of threads that nobody looked at for longest are forgotten first. */
function openMemory(): Memory {
  const threads = new LRUCache<number, Map<number, Kept>>({
    maxSize: MOST_REMEMBERED,
    sizeCalculation: (views) => views.size,
  });
  return {
    of: (threadId) => threads.get(threadId),
    set(threadId, userId, kept) {
      const views = threads.get(threadId) ?? new Map<number, Kept>();
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

function glanceOf(
  thread_id: number,
  user_id: number,
  known: Remembered | undefined,
  seq: number | null,
): Glance {
  if (known === undefined) return { thread_id, user_id, version: null, revision: null, seq: null };
  return { thread_id, user_id, version: known.version, revision: known.view.revision, seq };
}

/** Whether a commit found somebody's row, and the thread, as their view was read from. */
function isAsSeen({ view, version }: Kept, user: number, { users, versions, revision }: Sighting): boolean {
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
