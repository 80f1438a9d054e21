import sql, { empty, raw, type Sql } from "sql-template-tag";
import type { Database } from "../../packages/server/src/database/database.ts";

/** Positions in the log that readers keep: they move by themselves some time after what they read. */
const APART = ["event_reader", "migration"];

/** A row as text. The count that a member's row keeps is stored anew by whoever finds it far behind, and says the same. */
const ROW: Record<string, string> = {
  member: "(to_jsonb(x) - array['unread', 'unread_seq', 'unread_epoch'])::text",
};

/** Tells whether a database was changed. */
export interface Contents {
  /** What has changed since the last call, table by table; null where nothing has. */
  changes(): Promise<string[] | null>;
}

/** Compares all rows of all tables, but only when some transaction has written since. */
export async function watchContents(database: Database): Promise<Contents> {
  const tables = await database.query<{ name: string }>(sql`
    select tablename as name from pg_tables where schemaname = current_schema() order by tablename`);
  const watched = tables.map(({ name }) => name).filter((name) => !APART.includes(name));
  const digests = watched
    .map((name) =>
      raw(`select '${name}' as name, count(*) as rows,
      coalesce(sum(hashtextextended(${ROW[name] ?? "x::text"}, 0)::numeric), 0)::text as digest from ${name} x`),
    )
    .reduce((all: Sql, one, index) => (index === 0 ? one : sql`${all} union all ${one}`), empty);

  async function digest(): Promise<Map<string, string>> {
    const rows = await database.query<{ name: string; rows: number; digest: string }>(digests);
    return new Map(rows.map(({ name, rows, digest }) => [name, `${rows} rows ${digest}`]));
  }
  // Grows with every transaction that writes, also with one that is rolled back.
  async function writes(): Promise<string> {
    const [row] = await database.query<{ next: string }>(
      sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`,
    );
    return row!.next;
  }

  let [before, last] = [await digest(), await writes()];
  return {
    async changes() {
      const next = await writes();
      if (next === last) return null;
      last = next;
      const after = await digest();
      const changed = watched.filter((name) => after.get(name) !== before.get(name));
      const told = changed.map((name) => `${name}: ${before.get(name)} → ${after.get(name)}`);
      before = after;
      return told.length > 0 ? told : null;
    },
  };
}
