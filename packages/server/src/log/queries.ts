import type { Queryable, Statement } from "../database/database.ts";
import type { LoggedEvent } from "./loggedEvent.ts";
import { type Position, SAFE } from "./position.ts";

const COLUMNS = "xid::text as xid, id, thread_id, seq, user_id, type, data, created";

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
