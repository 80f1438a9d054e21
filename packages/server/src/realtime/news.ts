import type { Queryable } from "../database/database.ts";
import { eventsInThread, type LoggedEvent } from "../events/log.ts";
import { findMessages, type MessageRow } from "../messages/queries.ts";

/** An event of a thread on its way to who follows it. */
export type NewsEvent = Pick<LoggedEvent, "seq" | "user_id" | "type" | "data" | "created">;

/** Events of a thread that follow each other, with the messages that they tell of. */
export interface News {
  events: readonly NewsEvent[];
  messages: ReadonlyMap<number, MessageRow>;
  /** Of the thread as of the last event; null where it has no message. */
  newest: MessageRow | null;
  /** There may be more after it. */
  isPage: boolean;
}

/** More than this are read page by page. */
const PAGE = 200;

/** What the log has of a thread after a position. Null where there is nothing. */
export async function readNews(db: Queryable, threadId: number, after: number): Promise<News | null> {
  const events = await eventsInThread(db, threadId, after, PAGE);
  if (events.length === 0) return null;
  const ids = new Set(events.flatMap(({ data }) => data.message ?? []));
  const rows = await findMessages(db, threadId, [...ids]);
  return {
    events,
    messages: new Map(rows.map((row) => [row.id, row])),
    isPage: events.length === PAGE,
    newest: newestOf(rows),
  };
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
    for (let next = this.#bySeq.get(position + 1); next; next = this.#bySeq.get(next.event.seq! + 1)) {
      events.push(next.event);
      if (next.message === null && next.event.data.message !== undefined) return null;
      if (next.message === null) continue;
      messages.set(next.message.id, next.message);
    }
    const newest = newestOf(messages.values());
    return newest === null ? null : { events, messages, newest, isPage: false };
  }

  forgetUpTo(position: number): void {
    for (const seq of this.#bySeq.keys()) if (seq <= position) this.#bySeq.delete(seq);
  }
}
