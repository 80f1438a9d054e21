import { Pool, type PoolConfig } from "pg";
import type { Database, DatabaseOptions } from "./database.ts";
import { databaseOver, isStalePlan, type Request, type Send, sessionSettings } from "./driver.ts";
import { openPostgresListener } from "./postgresListener.ts";
import { decoderOf } from "./values.ts";

/** No connection could be had, or it broke. The message is one sentence without the password. */
export class DatabaseUnreachable extends Error {
  override readonly name = "DatabaseUnreachable";

  constructor(place: string, cause: unknown) {
    super(`Cannot reach PostgreSQL at ${place}: ${reason(cause)}`, { cause });
  }
}

export async function openPostgres(location: string, options: DatabaseOptions): Promise<Database> {
  const place = placeOf(location);
  const pool = new Pool(poolConfig(location, options));
  // A connection that breaks while idle is dropped by the pool; without listeners its error would end the process.
  pool.on("error", () => {});
  // The pool listens on idle clients only, and a lent one reports through its query as well.
  pool.on("connect", (client) => client.on("error", () => {}));

  async function borrow<T>(work: (send: Send) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((cause) => {
      throw new DatabaseUnreachable(place, cause);
    });
    // Of no use to whoever borrows next: it may have broken without having noticed that it is closed.
    let spent = false;
    const send = async ({ name, text, values }: Request) => {
      try {
        // Without name and values `pg` uses the simple protocol, which alone takes several statements.
        const result = await client.query(name ? { name, text, values } : { text, values });
        const last = Array.isArray(result) ? result.at(-1) : result;
        return { rows: last.rows, command: last.command };
      } catch (error) {
        const broken = isBroken(error);
        spent ||= broken || isStalePlan(error);
        throw broken ? new DatabaseUnreachable(place, error) : error;
      }
    };
    try {
      return await work(send);
    } finally {
      // `pool.query` would drop the connection, and all that is prepared on it, after every failed statement.
      client.release(spent || client.getTransactionStatus() !== "I");
    }
  }

  const connections = () => ({
    open: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
    most: pool.options.max,
  });
  const driver = { kind: "postgres" as const, borrow, connections, close: () => pool.end() };
  await borrow(async () => {}).catch(async (error) => {
    await pool.end();
    throw error;
  });
  return {
    ...databaseOver(driver, options.onStatement),
    listen: (channel, heard, restored) =>
      openPostgresListener(poolConfig(location, options), channel, heard, restored),
  };
}

function poolConfig(location: string, { schema, poolSize }: DatabaseOptions): PoolConfig {
  const { application_name, statement_timeout, ...settings } = sessionSettings(schema);
  const url = new URL(location);
  // Settings ride in the startup packet, so a new connection costs no further round trip.
  const own = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const options = [url.searchParams.get("options") ?? "", ...own].join(" ").trim();
  url.searchParams.delete("options");
  return {
    connectionString: url.href,
    options,
    application_name,
    statement_timeout: Number.parseInt(statement_timeout ?? "", 10) * 1000,
    max: poolSize ?? 10,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    // Requests go out without waiting for the answers before them: BEGIN costs no round trip of its own.
    pipeline: true,
    types: { getTypeParser: decoderOf },
  };
}

/** Who and where, and nothing else of the URL: passwords hide in the query string too. */
function placeOf(location: string): string {
  if (!URL.canParse(location))
    throw new TypeError("The PostgreSQL URL is malformed: postgres://user:password@host:5432/database");
  const { username, hostname, port, pathname, searchParams } = new URL(location);
  const host = hostname || (searchParams.get("host") ?? "localhost");
  return `${username ? `${username}@` : ""}${host}:${port || "5432"}${pathname}`;
}

/** Whether the connection is gone, as opposed to a statement that was refused. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, severity } = error as Error & { code?: string; severity?: string };
  // `pg` has no class or code for its own: only these words.
  const pgSays = /^(Connection terminated|Client (was closed|has encountered a connection error))/.test(
    error.message,
  );
  return severity === "FATAL" || /^E[A-Z]{3,}$/.test(code ?? "") || pgSays;
}

function reason(cause: unknown): string {
  // Node puts a failure of both ::1 and 127.0.0.1 into an AggregateError whose own message is empty.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message : String(first);
}
