import type { Database, Statement } from "../database/database.ts";
import { lockMigrations } from "../database/migrate.ts";

/** Of the snapshot of a statement: all that it sees has lower ids. */
const NEXT = "pg_snapshot_xmax(pg_current_snapshot())";

// A reader who begins now stands before the next transaction.
const IS_FOREIGN: Statement = {
  name: "log_is_foreign",
  text: `select coalesce((select xid from event order by xid desc, id desc limit 1) >= ${NEXT}, false)
    or (select xid from event_horizon) >= ${NEXT}
    or coalesce((select xid from event_reader order by xid desc limit 1) > ${NEXT}, false) as foreign`,
};

// All parts see the log as it was. What a reader had not had is theirs again, and may be some that they had.
const REBASE: Statement = {
  name: "log_rebase",
  text: `with own as materialized (select pg_current_xact_id() as xid, ${NEXT} as next),
    readers as (
      update event_reader r set xid = own.xid, id = coalesce(
        (select min(e.id) - 1 from event e where e.xid >= own.next and (e.xid, e.id) > (r.xid, r.id)),
        (select max(e.id) from event e where e.xid >= own.next), 0)
      from own where r.xid >= own.next),
    horizon as (update event_horizon h set xid = own.xid from own where h.xid >= own.next)
    update event e set xid = own.xid from own where e.xid >= own.next`,
};

/**
 * Gives a log that was restored from the dump of a server with higher ids of transactions a place among those of this
 * one. Until they had come as far, its readers would pass by whatever is new, and no token of a client would be good.
 */
export async function rebaseLog(db: Database, { schema }: { schema: string }): Promise<void> {
  if (!(await isForeign(db))) return;
  await db.transaction(async (tx) => {
    await lockMigrations(tx, schema);
    // Another process may have come first.
    if (await isForeign(tx)) await tx.query(REBASE);
  });
}

async function isForeign(db: Pick<Database, "query">): Promise<boolean> {
  const [row] = await db.query<{ foreign: boolean }>(IS_FOREIGN);
  return row!.foreign;
}
