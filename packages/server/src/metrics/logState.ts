import type { Database, Statement } from "../database/database.ts";

/** What the log holds, and how far the host's handlers are behind it. */
export interface LogState {
  /** Seconds; null where the log is empty. */
  oldest: number | null;
  /** As the database last estimated; null where it never has. */
  events: number | null;
  /** Seconds; null where the handlers have had everything. */
  behind: number | null;
}

// A look at either end of an index, and no count.
const STATE: Statement = {
  name: "log_state",
  text: `select
    (select extract(epoch from clock_timestamp() - created)::float8 from event order by xid, id limit 1) as oldest,
    (select nullif(reltuples, -1)::float8 from pg_class where oid = 'event'::regclass) as events,
    (select extract(epoch from clock_timestamp() - e.created)::float8 from event_reader r cross join lateral (
      select created from event where (xid, id) > (r.xid, r.id) order by xid, id limit 1) e
      where r.name = 'host') as behind`,
};

const UNKNOWN: LogState = { oldest: null, events: null, behind: null };
/** Milliseconds: metrics are needed most when the database does not answer. */
const PATIENCE = 500;

/** Looks when it is asked to, and says nothing where the database takes its time. */
export function openLogState(db: Database): () => Promise<LogState> {
  let looking: Promise<LogState> | null = null;
  return () => {
    looking ??= look(db).finally(() => {
      looking = null;
    });
    return Promise.race([looking, late()]);
  };
}

async function look(db: Database): Promise<LogState> {
  const [state] = await db.query<LogState>(STATE).catch(() => [UNKNOWN]);
  return state!;
}

function late(): Promise<LogState> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE, UNKNOWN).unref();
  });
}
