import type { Said } from "../../conversation/change/writer.ts";
import type { MessageRow } from "../../conversation/view/message.ts";
import type { Database } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import type { Written } from "../../log/publish.ts";
import type { Batch } from "../../realtime/feeds.ts";
import { eventsInThreads, findMessages } from "./queries.ts";

/** Events of a thread that follow each other, with the messages that they tell of. */
export interface News extends Batch {
  messages: ReadonlyMap<number, MessageRow>;
  /** Of the thread as of the last event; null where it has no message. */
  newest: MessageRow | null;
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
    return { events, messages, isPage: isFull, newest: newestOf(own), rowVersions: null };
  });
}

function newestOf(rows: Iterable<MessageRow>): MessageRow | null {
  let newest: MessageRow | null = null;
  for (const row of rows) if (row.deleted === null && (newest === null || newest.seq < row.seq)) newest = row;
  return newest;
}

/**
 * The news that this process wrote itself: of events that follow each other. Null where one tells of a message that is
 * not at hand, or where they do not tell how the thread stands.
 */
export function newsOf(written: readonly Written<Said>[]): News | null {
  const messages = new Map<number, MessageRow>();
  for (const { event, shown } of written) {
    if (shown.message !== null) messages.set(shown.message.id, shown.message);
    else if (event.data.message !== undefined) return null;
  }
  const newest = newestOf(messages.values());
  if (newest === null) return null;
  const events = written.map(({ event }) => event);
  return { events, messages, newest, isPage: false, rowVersions: written.at(-1)!.shown.rowVersions };
}
