import type { Queryable, Statement } from "../database/database.ts";

/** A row of the log. */
export interface LoggedEvent {
  xid: string;
  id: number;
  thread_id: number | null;
  seq: number | null;
  user_id: number | null;
  type: string;
  data: Record<string, unknown> & { message?: number };
  created: string;
}

const COLUMNS = "xid::text as xid, id, thread_id, seq, user_id, type, data, created";

// Bytes are those of the message that an event tells of; PostgreSQL knows the length of a text without reading it.
const IN_THREADS: Statement = {
  name: "events_in_threads",
  text: `select p.n, e.xid::text as xid, e.id, e.thread_id, e.seq, e.user_id, e.type, e.data, e.created,
      e.events = $3 or e.bytes >= $4 as full
    from unnest($1::bigint[], $2::bigint[]) with ordinality as p(thread_id, after, n)
    cross join lateral (
      select *, row_number() over w as events, sum(size) over w as bytes from (
        select event.*, coalesce((select octet_length(x.text) + coalesce(octet_length(x.meta::text), 0)
            from message x where x.id = (event.data ->> 'message')::bigint), 0) as size
          from event where event.thread_id = p.thread_id and event.seq > p.after order by event.seq limit $3) s
      window w as (order by seq rows unbounded preceding)) e
    where e.bytes - e.size < $4
    order by p.n, e.seq`,
};

/** What happened in a thread after a position in it. */
export interface EventPage {
  events: LoggedEvent[];
  /** There may be more after it. */
  isFull: boolean;
}

/**
 * What happened in each of some threads after a position in it, in the order of commits: up to so many events, and up
 * to so many bytes of the messages that they tell of, but at least one.
 */
export async function eventsInThreads(
  db: Queryable,
  asked: readonly { thread: number; after: number }[],
  { events, bytes }: { events: number; bytes: number },
): Promise<EventPage[]> {
  const found = asked.map((): EventPage => ({ events: [], isFull: false }));
  const columns = [asked.map(({ thread }) => thread), asked.map(({ after }) => after)];
  type Row = LoggedEvent & { n: number; full: boolean };
  for (const { n, full, ...event } of await db.query<Row>(IN_THREADS, [...columns, events, bytes])) {
    found[n - 1]!.events.push(event);
    if (full) found[n - 1]!.isFull = true;
  }
  return found;
}

/**
 * The id of a transaction: everything in the log before it is committed, and nothing before it will appear any more.
 * Not beyond the newest event: after a crash PostgreSQL gives ids out again that nothing on the disk has.
 */
export const SAFE = `least(pg_snapshot_xmin(pg_current_snapshot()), (greatest(
  (select xid from event_horizon), (select xid from event order by xid desc, id desc limit 1)
  )::text::bigint + 1)::text::xid8)`;

const HORIZON: Statement = { name: "events_horizon", text: `select ${SAFE}::text as xid` };

/** A position in the whole log: everything before it is committed, and nothing before it will appear any more. */
export interface Position {
  xid: string;
  id: number;
}

export async function horizon(db: Queryable): Promise<Position> {
  const [row] = await db.query<{ xid: string }>(HORIZON);
  return { xid: row!.xid, id: 0 };
}

/** Whether a position comes after another in the log. */
export function isAfter(one: Position, other: Position): boolean {
  return one.xid === other.xid ? one.id > other.id : BigInt(one.xid) > BigInt(other.xid);
}

export function positionToken({ xid, id }: Position): string {
  return `${xid}.${id}`;
}

const AFTER: Statement = {
  name: "events_after",
  text: `select ${COLUMNS}, xid < (select pg_snapshot_xmin(pg_current_snapshot())) as safe from event
    where (xid, id) > ($1::xid8, $2::bigint) order by xid, id limit 200`,
};

/** What follows a position. Rows that are not `safe` may still get others before them: they are not to be read yet. */
export function eventsAfter(
  db: Queryable,
  { xid, id }: Position,
): Promise<(LoggedEvent & { safe: boolean })[]> {
  return db.query<LoggedEvent & { safe: boolean }>(AFTER, [xid, id]);
}

const READER: Statement = {
  name: "event_reader",
  text: `select xid::text as xid, id from event_reader where name = $1
    union all select ${SAFE}::text, 0 limit 1`,
};

/** How far a reader has come; a new one begins now. */
export async function findReader(db: Queryable, name: string): Promise<Position> {
  const [row] = await db.query<Position>(READER, [name]);
  return row!;
}

const ADVANCE: Statement = {
  name: "event_reader_advance",
  text: `insert into event_reader as r (name, xid, id) values ($1, $2::xid8, $3)
    on conflict (name) do update set xid = excluded.xid, id = excluded.id, updated = now()
      where (r.xid, r.id) < (excluded.xid, excluded.id)`,
};

/** Notes how far a reader has come: the log keeps for it what follows. */
export async function advanceReader(db: Queryable, name: string, { xid, id }: Position): Promise<void> {
  await db.query(ADVANCE, [name, xid, id]);
}
