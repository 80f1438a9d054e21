import { Client, Pool, type PoolClient, type PoolConfig } from "pg";
import { databaseOver, isStalePlan, type Request, type Send, sessionSettings } from "./driver.ts";
import type { Database, DatabaseOptions } from "./port.ts";
import { openPostgresListener } from "./postgresListener.ts";
import { streamOf, type Unanswered, watchForSilence } from "./silence.ts";
import { DatabaseUnreachable } from "./unavailable.ts";
import { decoderOf } from "./values.ts";

/** Milliseconds for a connection: of the pool, where all are lent, or a new one. */
const CONNECTION_PATIENCE = 5_000;
/** Milliseconds for a server to say anything at all. */
const PROBE_PATIENCE = 3_000;

export async function openPostgres(location: string, options: DatabaseOptions): Promise<Database> {
  const place = placeOf(location);
  const config = poolConfig(location, options);
  const pool = new Pool(config);
  // A connection that breaks while idle is dropped by the pool; without listeners its error would end the process.
  pool.on("error", () => {});
  // The pool listens on idle clients only, and a lent one reports through its query as well.
  pool.on("connect", (client) => client.on("error", () => {}));
  const connected = new Set<PoolClient>();
  pool.on("connect", (client) => connected.add(client));
  pool.on("remove", (client) => connected.delete(client));
  const unanswered = new Set<Unanswered>();
  const stopWatching = watchForSilence(unanswered, () => isAnswering(config));

  async function borrow<T>(work: (send: Send) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((cause) => {
      throw new DatabaseUnreachable(place, cause);
    });
    // Of no use to whoever borrows next: it may have broken without having noticed that it is closed.
    let spent = false;
    const abandon = () => streamOf(client).destroy(SILENT);
    const send = async ({ name, text, values }: Request) => {
      const waiting = { since: Date.now(), abandon };
      unanswered.add(waiting);
      try {
        // Without name and values `pg` uses the simple protocol, which alone takes several statements.
        const result = await client.query(name ? { name, text, values } : { text, values });
        const last = Array.isArray(result) ? result.at(-1) : result;
        return { rows: last.rows, command: last.command };
      } catch (error) {
        const broken = isBroken(error);
        spent ||= broken || isStalePlan(error);
        throw broken ? new DatabaseUnreachable(place, error) : error;
      } finally {
        unanswered.delete(waiting);
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
  async function close(): Promise<void> {
    stopWatching();
    await pool.end();
    // A server that does not answer leaves its goodbye open, and must not keep the process.
    for (const client of connected) streamOf(client).unref();
  }
  const driver = { kind: "postgres" as const, borrow, connections, close };
  await borrow(async () => {}).catch(async (error) => {
    await close();
    throw error;
  });
  return {
    ...databaseOver(driver, options.onStatement),
    listen: (channel, heard, restored) => openPostgresListener(config, channel, heard, restored),
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
    connectionTimeoutMillis: CONNECTION_PATIENCE,
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

const SILENT = Object.assign(new Error("it does not respond"), { code: "ETIMEDOUT" });

/** Whether the server says anything at all to somebody new, if only that it cannot let them in. */
async function isAnswering(config: PoolConfig): Promise<boolean> {
  const client = new Client({ ...config, connectionTimeoutMillis: PROBE_PATIENCE });
  client.on("error", () => {});
  try {
    await client.connect();
    client.end().catch(() => {});
    return true;
  } catch (error) {
    return error instanceof Error && "severity" in error;
  }
}
