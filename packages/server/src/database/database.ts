import { openPglite } from "./pglite.ts";
import type { Database, DatabaseOptions } from "./port.ts";
import { openPostgres } from "./postgres.ts";

export { DirectoryInUse } from "./directoryLock.ts";
export type * from "./port.ts";
export { DatabaseUnavailable, DatabaseUnreachable } from "./unavailable.ts";

/**
 * Opens `postgres://…` or `postgresql://…`, `memory:` (gone when closed), or a directory that PGlite keeps its
 * files in and that no other process may have open. A session is in UTC and stops a statement after 30 s.
 * @throws DatabaseUnreachable, DirectoryInUse
 */
export function openDatabase(location: string, options: DatabaseOptions = {}): Promise<Database> {
  return /^postgres(ql)?:/.test(location) ? openPostgres(location, options) : openPglite(location, options);
}
