import type { Database } from "../../packages/server/src/database/database.ts";

/** Ends the connections that servers hear each other by: nobody hears anybody until they are made anew. */
export async function breakBus(database: Database): Promise<void> {
  await database.query({
    name: "test_break",
    text: `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      and pid in (select pid from pg_locks where locktype = 'advisory' and classid = 1668246636)`,
  });
}
