/**
 * The database is unavailable for now: it is down, starting or stopping, out of connections, memory or disk, or too
 * slow. The statement itself is not the cause. `code` is the SQLSTATE, if there is one.
 */
export class DatabaseUnavailable extends Error {
  override readonly name: string = "DatabaseUnavailable";
  readonly code: string | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.code = codeOf(cause);
  }
}

/** A connection failed or could not be opened. The message is one sentence without the password. */
export class DatabaseUnreachable extends DatabaseUnavailable {
  override readonly name = "DatabaseUnreachable";

  constructor(place: string, cause: unknown) {
    super(`Cannot reach PostgreSQL at ${place}: ${reason(cause)}`, cause);
  }
}

/** SQLSTATEs, or their classes, of errors that the statement did not cause. */
const TRANSIENT = [
  "08", // the connection
  "53", // connections, memory or disk are used up
  "57P", // the server stops, starts or has crashed
  "57014", // statement_timeout
  "55P03", // lock_timeout
  "58030", // the disk cannot be read or written
  "25006", // read only, as a standby is until it takes over
];

/** The error to throw for a failed statement: the driver's own, if the statement itself is the cause. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable) return error;
  const code = codeOf(error);
  if (code?.length !== 5 || !TRANSIENT.some((start) => code.startsWith(start))) return error;
  return new DatabaseUnavailable(`The database is unavailable: ${(error as Error).message}`, error);
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return error instanceof Error && typeof code === "string" ? code : undefined;
}

function reason(cause: unknown): string {
  // Node puts a failure of both ::1 and 127.0.0.1 into an AggregateError whose own message is empty.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message : String(first);
}
