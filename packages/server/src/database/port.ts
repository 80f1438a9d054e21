import type { Sql } from "sql-template-tag";

/** SQL written once and prepared once per connection. `name` is unique in the program, at most 63 characters. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * What may be asked of the database, the same from PostgreSQL and PGlite.
 *
 * Parameters are strings, numbers, booleans, null and arrays of these (`= any($1)`); objects come as
 * JSON.stringify'd text. Anything else, `undefined` too, is refused with a TypeError.
 *
 * Rows carry numbers for int2, int4, int8, floats and numeric, booleans, parsed json and jsonb, arrays of these,
 * and strings for everything else. An int8 beyond the safe integers is a RangeError. A timestamptz is a string in
 * UTC with microseconds, and without a fraction where that is 0: `2026-11-22T16:47:58.413419Z`.
 *
 * A failed statement rejects with the driver's error, which has `code` (the SQLSTATE) and `constraint`; with
 * DatabaseUnavailable where it failed for what is no fault of its own.
 */
export interface Queryable {
  /**
   * The rows of one statement; outside a transaction it is its own. A dynamic one comes as `Sql` with its values
   * in it. Only an `Sql` without values may hold several statements, and then gives the rows of the last.
   */
  query<Row = Record<string, unknown>>(
    statement: Statement | Sql,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

export interface Database extends Queryable {
  readonly kind: "postgres" | "pglite";
  /** Listens to what other processes on the database notify; left out where there can be none. */
  readonly listen?: Listen;
  /**
   * Writer when `work` returns and rolls back when it throws, read committed. Only `tx` is inside: asking the
   * database itself within `work` is an error, as it would hang on PGlite and leave the transaction on a pool.
   * A statement that failed has undone the whole: catching its error inside `work` does not save the rest.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Whatever asks the database by and by, and not its `tx`, is not for transactions. @throws inside one */
  assertOutside(): void;
  /** Tells of each statement, when it is answered or refused, how long that took. Answers how to stop. */
  watch(told: Watch): () => void;
  /** What of its connections is in use now. */
  connections(): Connections;
  /** Waits for what is under way; whatever is asked later is refused. */
  close(): Promise<void>;
}

/** A statement's name, `unnamed` for what is dynamic. */
export type Watch = (statement: string, seconds: number) => void;

export interface Connections {
  open: number;
  /** Of these, lent to nobody. */
  idle: number;
  /** Who waits for one. */
  waiting: number;
  most: number;
}

/**
 * Hears each payload that any session notifies on a channel, over a connection of its own. `restored` is called when
 * that was lost, and with it what was notified meanwhile, and there is another.
 */
export type Listen = (channel: string, heard: (payload: string) => void, restored?: () => void) => Listener;

/** A connection of its own that hears what any session notifies on one channel, and notifies others. */
export interface Listener {
  /** Sends a payload of at most 7,999 bytes; false where it could not be sent. */
  notify(payload: string): Promise<boolean>;
  isConnected(): boolean;
  /** Whether nobody else listens on this database, so that nobody need be notified. */
  isAlone(): boolean;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The schema that unqualified names mean: lower-case letters, digits and `_`. Default `colloquy`. */
  schema?: string;
  /** Connections at most, default 10; PGlite always has one. */
  poolSize?: number;
  /** Told of each statement sent, `begin`, `commit` and `rollback` too; `begin` travels with what follows it. */
  onStatement?: (name: string) => void;
}
