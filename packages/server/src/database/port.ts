import type { Sql } from "sql-template-tag";

/** SQL written once and prepared once per connection. `name` is unique in the program, at most 63 characters. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * Runs statements, the same on PostgreSQL and PGlite.
 *
 * Parameters are strings, numbers, booleans, null and arrays of these (`= any($1)`); pass objects as JSON text.
 * Anything else, including `undefined`, is refused with a TypeError.
 *
 * Rows have numbers for int2, int4, int8, floats and numeric, booleans, parsed json and jsonb, arrays of these, and
 * strings for everything else. An int8 that is not a safe integer is a RangeError. A timestamptz is a string in UTC
 * with microseconds, without a fraction if it is 0: `2026-11-22T16:47:58.413419Z`.
 *
 * A failed statement rejects with the driver's error, which has `code` (the SQLSTATE) and `constraint`, or with
 * DatabaseUnavailable if the statement itself is not the cause.
 */
export interface Queryable {
  /**
   * Returns the rows of one statement, which outside of a transaction is a transaction of its own. A dynamic
   * statement is an `Sql` that contains its values. Only an `Sql` without values can have several statements, and
   * returns the rows of the last.
   */
  query<Row = Record<string, unknown>>(
    statement: Statement | Sql,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

export interface Database extends Queryable {
  readonly kind: "postgres" | "pglite";
  /** Listens to notifications of other processes; missing if there can be none. */
  readonly listen?: Listen;
  /**
   * Commits when `work` returns and rolls back when it throws; read committed. Only `tx` belongs to the transaction:
   * using the database itself within `work` is an error, since it would hang on PGlite and run outside of the
   * transaction on a pool. A failed statement undoes the whole transaction, even if its error is caught inside
   * `work`.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** For code that uses the database later and not through `tx`. @throws inside a transaction */
  assertOutside(): void;
  /**
   * Calls `told` with the duration of each statement when it completes or fails. Returns a function that stops this.
   */
  watch(told: Watch): () => void;
  /** The connections in use now. */
  connections(): Connections;
  /** Waits for statements in progress; later ones are refused. */
  close(): Promise<void>;
}

/** Receives a statement's name, `unnamed` for a dynamic one, and its duration. */
export type Watch = (statement: string, seconds: number) => void;

export interface Connections {
  open: number;
  /** Of these, not in use. */
  idle: number;
  /** Requests that wait for a connection. */
  waiting: number;
  most: number;
}

/**
 * Receives each payload that any session notifies on a channel, over a connection of its own. If that connection is
 * lost, and with it notifications, `restored` is called once there is a new one.
 */
export type Listen = (channel: string, heard: (payload: string) => void, restored?: () => void) => Listener;

/** A connection of its own that receives the notifications of one channel, and sends notifications. */
export interface Listener {
  /** Sends a payload of at most 7,999 bytes; returns false if that failed. */
  notify(payload: string): Promise<boolean>;
  isConnected(): boolean;
  /** Whether no other process listens on this database, so that notifications are not needed. */
  isAlone(): boolean;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The database schema of unqualified names: lower-case letters, digits and `_`. Default `colloquy`. */
  schema?: string;
  /** Largest number of connections, default 10; PGlite always has one. */
  poolSize?: number;
  /**
   * Called with the name of each statement sent, also `begin`, `commit` and `rollback`; `begin` is sent together with
   * the next statement.
   */
  onStatement?: (name: string) => void;
}
