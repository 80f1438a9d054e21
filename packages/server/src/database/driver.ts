import { AsyncLocalStorage } from "node:async_hooks";
import type { Sql } from "sql-template-tag";
import type { Connections, Database, Queryable, Statement, Watch } from "./port.ts";
import { asUnavailable, DatabaseUnavailable } from "./unavailable.ts";
import { encode } from "./values.ts";

/** What a session sets, so that rows and names mean the same everywhere; `values.ts` relies on zone and style. */
export function sessionSettings(schema = "colloquy"): Record<string, string> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError(`"${schema}" cannot be a schema's name`);
  return {
    search_path: schema,
    TimeZone: "UTC",
    DateStyle: "ISO",
    application_name: "colloquy",
    statement_timeout: "30s",
    // Statements are written so that one plan serves all parameters. Left to itself, PostgreSQL takes a guess of what
    // few rows cost for cheaper than that plan, and plans anew at each call, which costs more than most of them.
    plan_cache_mode: "force_generic_plan",
  };
}

export interface Request {
  /** Absent: not prepared. */
  readonly name?: string;
  readonly text: string;
  /** In PostgreSQL's text form. */
  readonly values: (string | null)[];
}

export interface Reply {
  readonly rows: unknown[];
  /** The command's tag: `COMMIT`, `SELECT`. */
  readonly command: string;
}

/** Sends over one connection. Requests sent without waiting are answered in order. */
export type Send = (request: Request) => Promise<Reply>;

/** What PostgreSQL and PGlite each bring; the rest of the port is below, once. */
export interface Driver {
  readonly kind: Database["kind"];
  /** Lends a connection that nobody else has until `work` settles. */
  borrow<T>(work: (send: Send) => Promise<T>): Promise<T>;
  connections(): Connections;
  close(): Promise<void>;
}

/** Who has a connection or waits for one. Beyond this a database is slower than what is asked of it, and memory finite. */
const MOST_UNDER_WAY = 5_000;

export function databaseOver(driver: Driver, onStatement?: (name: string) => void): Database {
  // Says whether the running code is inside `work`. What outlives it (a timer set there) finds `open` false.
  const transactions = new AsyncLocalStorage<{ open: boolean }>();
  const underWay = new Set<Promise<unknown>>();
  const watching = new Set<Watch>();
  let closed: Promise<void> | undefined;

  function assertOutside(): void {
    if (transactions.getStore()?.open)
      throw new Error("A transaction is open: use its tx instead of the database");
  }

  // Async through and through, here and in the drivers: so the stack of an error reaches back to who asked.
  async function borrow<T>(work: (send: Send) => Promise<T>): Promise<T> {
    assertOutside();
    if (closed) throw new Error("The database is closed");
    if (underWay.size >= MOST_UNDER_WAY)
      throw new DatabaseUnavailable("The database is unavailable: too many requests wait for a connection");
    const settled = Promise.withResolvers<void>();
    underWay.add(settled.promise);
    try {
      return await driver.borrow((send) =>
        work((request) => {
          onStatement?.(request.name ?? "unnamed");
          return watching.size === 0 ? send(request) : timed(send, request);
        }),
      );
    } catch (error) {
      throw asUnavailable(error);
    } finally {
      underWay.delete(settled.promise);
      settled.resolve();
    }
  }

  async function timed(send: Send, request: Request): Promise<Reply> {
    const started = performance.now();
    try {
      return await send(request);
    } finally {
      const seconds = (performance.now() - started) / 1_000;
      for (const told of watching) told(request.name ?? "unnamed", seconds);
    }
  }

  return {
    kind: driver.kind,
    query: async <Row>(statement: Statement | Sql, values?: readonly unknown[]) => {
      const request = requestOf(statement, values);
      return (await borrow((send) => send(request))).rows as Row[];
    },
    transaction: (work) =>
      borrow(async (send) => {
        const state = { open: true };
        const tx: Queryable = {
          query: async <Row>(statement: Statement | Sql, values?: readonly unknown[]) => {
            if (!state.open) throw new Error("This transaction has ended: its tx can no longer be used");
            return (await send(requestOf(statement, values))).rows as Row[];
          },
        };
        // Not awaited: it travels with the first statement, and if it fails so do all that follow.
        send(BEGIN).catch(() => {});
        try {
          const result = await transactions.run(state, work, tx);
          state.open = false;
          // PostgreSQL answers ROLLBACK, and no error, when a statement inside had failed.
          if ((await send(COMMIT)).command === "COMMIT") return result;
        } catch (error) {
          state.open = false;
          // The reason is `error`; a connection that cannot even roll back is thrown away by its driver.
          await send(ROLLBACK).catch(() => {});
          throw error;
        }
        throw new Error(
          "Rolled back: a statement of the transaction failed, and its error was caught inside the transaction",
        );
      }),
    watch(told) {
      watching.add(told);
      return () => void watching.delete(told);
    },
    assertOutside,
    connections: driver.connections,
    close: () => {
      closed ??= Promise.all(underWay).then(driver.close);
      return closed;
    },
  };
}

const BEGIN: Request = { name: "begin", text: "begin", values: [] };
const COMMIT: Request = { name: "commit", text: "commit", values: [] };
const ROLLBACK: Request = { name: "rollback", text: "rollback", values: [] };

function requestOf(statement: Statement | Sql, values: readonly unknown[] = []): Request {
  if ("name" in statement) return { name: statement.name, text: statement.text, values: values.map(encode) };
  return { text: statement.text, values: statement.values.map(encode) };
}

/**
 * Whether the server will answer this prepared statement with the same error for ever: a migration of another
 * process changed its row's shape (0A000), or a pooler gave us a session that never prepared it (26000).
 */
export function isStalePlan(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "0A000" || code === "26000";
}
