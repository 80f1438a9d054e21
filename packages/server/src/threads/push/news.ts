import type { Database } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import { eventsInThreads, type LoggedEvent } from "../../log/log.ts";
import { findMessages, type MessageRow } from "../../messages/queries.ts";

/** An event of a thread on its way to who follows it. */
export type NewsEvent = Pick<LoggedEvent, "seq" | "user_id" | "type" | "data" | "created"> &
  Partial<Pick<LoggedEvent, "xid">>;

/** Events of a thread that follow each other, with the messages that they tell of. */
export interface News {
  events: readonly NewsEvent[];
  messages: ReadonlyMap<number, MessageRow>;
  /** Of the thread as of the last event; null where it has no message. */
  newest: MessageRow | null;
  /** There may be more after it. */
  isPage: boolean;
  /** Of the last event. */
  sighting: Sighting | null;
}

/** Who follows a thread, and when it was last heard that somebody has read there. */
export interface Watched {
  users: readonly number[];
  readAt: Moment;
}

/** In the order of what happens to the rooms of this process. */
export type Moment = number;

/** How a commit found those to whom it is pushed: the thread's revision, and the versions of their rows. */
export interface Sighting extends Watched {
  revision: number;
  versions: readonly number[];
}

/** What the log has of a thread after a position; null where there is nothing. Many threads are read at once. */
export type ReadNews = (threadId: number, after: number) => Promise<News | null>;

/** More of a thread than this is read page by page. */
const PAGE = { events: 200, bytes: 524_288 };
/** Threads. */
const MOST_AT_ONCE = 32;
/** Milliseconds from one question to the next, in which further ones come. */
const PACE = 5;

export function openNews(db: Database): ReadNews {
  const ask = gather(
    db,
    { most: MOST_AT_ONCE, pace: PACE },
    (asked: readonly { thread: number; after: number }[]) => readAll(db, asked),
  );
  return (thread, after) => ask({ thread, after });
}

async function readAll(
  db: Database,
  asked: readonly { thread: number; after: number }[],
): Promise<(News | null)[]> {
  const found = await eventsInThreads(db, asked, PAGE);
  const threads = asked.filter((_, index) => found[index]!.events.length > 0).map(({ thread }) => thread);
  if (threads.length === 0) return found.map(() => null);
  const ids = new Set(found.flatMap(({ events }) => events.flatMap(({ data }) => data.message ?? [])));
  const rows = Map.groupBy(await findMessages(db, threads, [...ids]), (row) => row.thread_id);
  return found.map(({ events, isFull }, index) => {
    if (events.length === 0) return null;
    const own = rows.get(asked[index]!.thread) ?? [];
    const messages = new Map(own.map((row) => [row.id, row]));
    return { events, messages, isPage: isFull, newest: newestOf(own), sighting: null };
  });
}

function newestOf(rows: Iterable<MessageRow>): MessageRow | null {
  let newest: MessageRow | null = null;
  for (const row of rows) if (row.deleted === null && (newest === null || newest.seq < row.seq)) newest = row;
  return newest;
}

/** What a commit of this process says of itself, so that it need not be read again. */
export interface Announced {
  event: NewsEvent;
  message: MessageRow | null;
  sighting: Sighting | null;
}

const MOST_KEPT = 200;

/** What was announced and not been told yet, of one thread. */
export class Announcements {
  readonly #bySeq = new Map<number, Announced>();

  add(announced: readonly Announced[]): void {
    if (this.#bySeq.size + announced.length > MOST_KEPT) this.#bySeq.clear();
    for (const one of announced) this.#bySeq.set(one.event.seq!, one);
  }

  /**
   * All from a position on, without a gap. Null where the next is not here, where one tells of a message that is not,
   * or where they do not tell how the thread stands.
   */
  after(position: number): News | null {
    const events: NewsEvent[] = [];
    const messages = new Map<number, MessageRow>();
    let sighting: Sighting | null = null;
    for (let next = this.#bySeq.get(position + 1); next; next = this.#bySeq.get(next.event.seq! + 1)) {
      events.push(next.event);
      sighting = next.sighting;
      if (next.message === null && next.event.data.message !== undefined) return null;
      if (next.message === null) continue;
      messages.set(next.message.id, next.message);
    }
    const newest = newestOf(messages.values());
    return newest === null ? null : { events, messages, newest, isPage: false, sighting };
  }

  forgetUpTo(position: number): void {
    for (const seq of this.#bySeq.keys()) if (seq <= position) this.#bySeq.delete(seq);
  }
}
