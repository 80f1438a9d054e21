import type { Queryable, Statement } from "../database/database.ts";

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

const NOW_COMMITTED: Statement = {
  name: "events_committed",
  text: `select ${SAFE}::text as xid, pg_current_snapshot()::text as snapshot`,
};

/** What is committed at a moment: all before a position, and of what comes after it some. */
export interface Moment {
  position: Position;
  /** Whether a transaction is among it. */
  has(xid: string): boolean;
}

/** What is committed now. */
export async function findMoment(db: Queryable): Promise<Moment> {
  const [row] = await db.query<{ xid: string; snapshot: string }>(NOW_COMMITTED);
  const { xid, snapshot } = row!;
  // As PostgreSQL writes it: the oldest transaction that was running, the first that had not begun, all that were.
  const [, end = "", running = ""] = snapshot.split(":");
  const open = new Set(running.split(","));
  return { position: { xid, id: 0 }, has: (one) => BigInt(one) < BigInt(end) && !open.has(one) };
}

/** Whether a position comes after another in the log. */
export function isAfter(one: Position, other: Position): boolean {
  return one.xid === other.xid ? one.id > other.id : BigInt(one.xid) > BigInt(other.xid);
}

export function positionToken({ xid, id }: Position): string {
  return `${xid}.${id}`;
}

const NOW: Statement = {
  name: "log_now",
  text: `select substr(md5(concat_ws('.', (select system_identifier from pg_control_system()),
      (select timeline_id from pg_control_checkpoint()),
      (select oid from pg_database where datname = current_database()), 'event'::regclass::oid)), 1, 10) as epoch,
    ${SAFE}::text as base,
    $1::xid8 > (select xid from event_horizon) and $1::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) as kept`,
};

/** The log as it is now. */
export interface LogNow {
  /** Of the database: another once it was restored somewhere or in its place, or to an earlier time. */
  epoch: string;
  /** All before this transaction is known to who begins now. */
  base: string;
  /** Whether everything from the transaction that was asked for is still there. */
  kept: boolean;
}

/** @param base the id of a transaction; null to ask for none */
export async function findLogNow(db: Queryable, base: string | null): Promise<LogNow> {
  const [row] = await db.query<LogNow>(NOW, [base ?? "0"]);
  return row!;
}

const NAME: Statement = {
  name: "database_name",
  text: `select substr(md5(concat_ws('.', (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()))), 1, 16) as name`,
};

/** What tells this database from all others, also after its place was taken by a replica. */
export async function findDatabaseName(db: Queryable): Promise<string> {
  const [row] = await db.query<{ name: string }>(NAME, []);
  return row!.name;
}
