import type { Queryable, Statement } from "../database/database.ts";

const INTERVAL = 10 * 60_000;
/** Events deleted by one statement. */
const BATCH = 10_000;
/** How long the log waits for a host's handlers, at most: they may be there no more. */
const MOST_DAYS = 7;

// Only the oldest are looked at. What a host's handlers have not had yet stays for a while.
const PURGE: Statement = {
  name: "log_purge",
  text: `with oldest as (
      select xid, id, created from event order by xid, id limit ${BATCH}),
    gone as (
      delete from event e using oldest o where e.xid = o.xid and e.id = o.id
        and o.created < now() - make_interval(hours => $1::int)
        and o.xid < (select pg_snapshot_xmin(pg_current_snapshot()))
        and (o.created < now() - interval '${MOST_DAYS} days'
          or not exists (select from event_reader r where (r.xid, r.id) < (o.xid, o.id)))
      returning e.xid),
    moved as (
      update event_horizon set xid = greatest(xid, (select max(xid) from gone)) where exists (select from gone))
    select count(*) as count from gone`,
};

/** Deletes events that are older than so many hours. Answers how many. */
export async function purgeLog(db: Queryable, hours: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const [row] = await db.query<{ count: number }>(PURGE, [hours]);
    deleted += row!.count;
    if (row!.count < BATCH) return deleted;
  }
}

/** Runs purges from time to time. Any number of nodes may do so. Answers how to stop. */
export function openRetention(
  purges: readonly (() => Promise<unknown>)[],
  onFault: (error: unknown) => void,
): () => Promise<void> {
  let purging: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    purging = Promise.all(purges.map((purge) => purge().catch(onFault)));
  }, INTERVAL);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await purging;
  };
}
