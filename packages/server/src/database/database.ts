import { openPglite } from "./pglite.ts";
import type { Database, DatabaseOptions } from "./port.ts";
import { openPostgres } from "./postgres.ts";

export { DirectoryInUse } from "./directoryLock.ts";
export type * from "./port.ts";
export { DatabaseUnavailable, DatabaseUnreachable } from "./unavailable.ts";

/**
 * Opens `postgres://…` or `postgresql://…`, `memory:` (deleted on closing), or a directory for PGlite, which no other
 * process can open at the same time. Sessions are in UTC; a statement is stopped after 30 s.
 *
 * @throws DatabaseUnreachable, DirectoryInUse
 */
export function openDatabase(location: string, options: DatabaseOptions = {}): Promise<Database> {
  return /^postgres(ql)?:/.test(location) ? openPostgres(location, options) : openPglite(location, options);
}
