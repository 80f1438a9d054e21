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

const IN_THREADS: Statement = {
  name: "events_in_threads",
  text: `select p.n, e.* from unnest($1::bigint[], $2::bigint[]) with ordinality as p(thread_id, after, n)
    cross join lateral (select ${COLUMNS} from event
      where event.thread_id = p.thread_id and seq > p.after order by seq limit $3) e
    order by p.n, e.seq`,
};

/** What happened in each of some threads after a position in it, in the order of commits, as much as the limit. */
export async function eventsInThreads(
  db: Queryable,
  asked: readonly { thread: number; after: number }[],
  limit: number,
): Promise<LoggedEvent[][]> {
  const found = asked.map((): LoggedEvent[] => []);
  const columns = [asked.map(({ thread }) => thread), asked.map(({ after }) => after)];
  for (const { n, ...event } of await db.query<LoggedEvent & { n: number }>(IN_THREADS, [...columns, limit]))
    found[n - 1]!.push(event);
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
