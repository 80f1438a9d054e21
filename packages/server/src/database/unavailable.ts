import { DatabaseUnreachable } from "./postgres.ts";

/**
 * SQLSTATEs, or their beginnings, of a database that can do nothing for anybody now: its connection broke (08), it ran
 * out of connections, memory or disk (53), it starts, stops or restarts (57P), it gave up on a statement that took too
 * long (57014) or waited too long for others (40001, 40P01, 55P03).
 */
const STATES = ["08", "53", "57P", "57014", "40001", "40P01", "55P03"];

/** Whether an error says that the database is down, or has too much to do: later the same may well succeed. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnreachable) return true;
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return false;
  return STATES.some((state) => String(error.code).startsWith(state));
}
