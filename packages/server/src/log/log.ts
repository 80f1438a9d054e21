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

/** Rows of the log that are looked at together. */
const LOOKED_AT = 1_000;

// A row that is not behind the oldest running transaction may still get others before it: it is not to be read yet.
const WANTED: Statement = {
  name: "events_wanted",
  text: `with e as materialized (
      select xid, id, thread_id, seq, user_id, type, data, created from event
      where (xid, id) > ($1::xid8, $2::bigint) and xid < (select pg_snapshot_xmin(pg_current_snapshot()))
      order by xid, id limit ${LOOKED_AT}
    ), l as (select xid, id from e order by xid desc, id desc limit 1)
    select w.*, l.xid::text as end_xid, l.id as end_id, (select count(*) from e) = ${LOOKED_AT} as is_more,
      exists (select from event where xid >= (select pg_snapshot_xmin(pg_current_snapshot()))
        and (xid, id) > ($1::xid8, $2::bigint)) as is_unsafe
    from (select 1) one left join l on true
      left join (select ${COLUMNS} from e where type = any($3)) w on true
    order by w.xid::xid8, w.id`,
};

interface WantedRow extends Omit<LoggedEvent, "id"> {
  id: number | null;
  end_xid: string | null;
  end_id: number;
  is_more: boolean;
  is_unsafe: boolean;
}

/** What follows a position in the log, as far as it is safe to read: the events of some types. */
export interface Wanted {
  events: LoggedEvent[];
  /** The last row that was looked at, wanted or not; null where nothing follows. */
  end: Position | null;
  /** More may follow. */
  isMore: boolean;
  /** What is committed after it cannot be read yet. */
  isUnsafe: boolean;
}

export async function wantedAfter(
  db: Queryable,
  { xid, id }: Position,
  types: readonly string[],
): Promise<Wanted> {
  const rows = await db.query<WantedRow>(WANTED, [xid, id, types]);
  const { end_xid, end_id, is_more, is_unsafe } = rows[0]!;
  return {
    events: rows.filter((row): row is WantedRow & LoggedEvent => row.id !== null),
    end: end_xid === null ? null : { xid: end_xid, id: end_id },
    isMore: is_more,
    isUnsafe: is_unsafe,
  };
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
