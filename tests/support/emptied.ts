import sql, { join, raw } from "sql-template-tag";
import type {
  Database,
  DatabaseOptions,
  Queryable,
  Statement,
} from "../../packages/server/src/database/database.ts";
import { openPglite } from "../../packages/server/src/database/pglite.ts";

// To start an embedded database takes half a second of a processor, and a run of the tests needs some two hundred. To
// empty one that a test has left behind takes a tenth of that.

interface Kept {
  database: Database;
  /** What its definitions were when it was new. */
  defined: string;
  /** The rows that a new one has, by table. */
  rows: ReadonlyMap<string, string>;
  /** What its session has prepared for those who had it before, by name. */
  prepared: Map<string, string>;
  /** Who is told of its statements now. */
  told: NonNullable<DatabaseOptions["onStatement"]>;
}

/** Those that are empty, and nobody's. Each may hold a hundred megabytes. */
const kept: Kept[] = [];
const MOST = 3;

let count = 0;

/** A migrated, empty database in memory; when it is closed, it is emptied for whoever needs the next one. */
export async function emptyPglite(
  template: () => Promise<Blob>,
  onStatement: DatabaseOptions["onStatement"] = () => {},
): Promise<Database> {
  const one = kept.pop() ?? (await make(await template()));
  one.told = onStatement;
  const { database } = one;
  const watches = new Set<() => void>();
  const prepared = new Map<string, string>();
  let closed: Promise<void> | undefined;

  const assertOpen = () => {
    if (closed) throw new Error("The database is closed");
  };
  // Two files of tests may call different statements the same, which no session allows.
  const suffix = `_${++count}`;
  function named(statement: Statement): Statement {
    const { name, text } = statement;
    prepared.set(name, text);
    return (one.prepared.get(name) ?? text) === text ? statement : { name: name + suffix, text };
  }
  const over = (on: Queryable): Queryable => ({
    query: async (statement, values) => on.query("name" in statement ? named(statement) : statement, values),
  });
  return {
    ...database,
    query: async (...asked) => {
      assertOpen();
      return over(database).query(...asked);
    },
    transaction: async (work) => {
      assertOpen();
      return database.transaction((tx) => work(over(tx)));
    },
    watch(told) {
      const stop = database.watch(told);
      watches.add(stop);
      return stop;
    },
    close() {
      closed ??= giveBack(one, watches, prepared);
      return closed;
    },
  };
}

async function make(template: Blob): Promise<Kept> {
  const one: Kept = {
    database: await openPglite("memory:", { template, onStatement: (name) => one.told(name) }),
    defined: "",
    rows: new Map(),
    prepared: new Map(),
    told: () => {},
  };
  one.defined = await definitions(one.database);
  one.rows = await storedIn(one.database);
  return one;
}

/** One connection takes turns: what is under way is over before the first of these statements begins. */
async function giveBack(one: Kept, watches: Set<() => void>, prepared: Map<string, string>): Promise<void> {
  const { database } = one;
  for (const [name, text] of prepared) if (!one.prepared.has(name)) one.prepared.set(name, text);
  for (const stop of watches) stop();
  one.told = () => {};
  const isAsNew = kept.length < MOST && (await definitions(database).catch(() => "broken")) === one.defined;
  if (!isAsNew) return database.close();
  await database.transaction((tx) => empty(tx, one.rows));
  // Else the log, and the files of what was there, would stay in memory: this engine never does it by itself.
  await database.query(raw("checkpoint"));
  kept.push(one);
}

async function empty(tx: Queryable, rows: Kept["rows"]): Promise<void> {
  const tables = (await tablesOf(tx)).map((name) => raw(name));
  await tx.query(sql`truncate ${join(tables)} restart identity cascade`);
  for (const [name, stored] of rows)
    await tx.query(
      sql`insert into ${raw(name)} select * from json_populate_recordset(null::${raw(name)}, ${stored})`,
    );
}

async function storedIn(database: Queryable): Promise<Map<string, string>> {
  const stored = new Map<string, string>();
  for (const name of await tablesOf(database)) {
    const [row] = await database.query<{ rows: string | null }>(
      raw(`select json_agg(x)::text as rows from ${name} x`),
    );
    if (row!.rows !== null) stored.set(name, row!.rows);
  }
  return stored;
}

async function tablesOf(database: Queryable): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    sql`select tablename as name from pg_tables where schemaname = current_schema() and tablename <> 'migration'`,
  );
  return tables.map(({ name }) => name);
}

/** All that outlives an emptying: relations, columns, constraints, functions, schemas, roles, settings, locks. */
export async function definitions(database: Queryable): Promise<string> {
  const [row] = await database.query<{ all: string }>(sql`
    select string_agg(x, ';' order by x) as all from (
      select concat_ws(' ', oid, relname, relkind, relnamespace, reloptions, relhastriggers, relhasrules) as x
        from pg_class where relkind in ('r', 'p', 'v', 'm', 'i', 'f') and oid >= 16384
      union all select concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef, attidentity)
        from pg_attribute where attrelid >= 16384 and attnum > 0
      union all select concat_ws(' ', oid, pg_get_expr(adbin, adrelid)) from pg_attrdef
      union all select concat_ws(' ', oid, pg_get_constraintdef(oid)) from pg_constraint where oid >= 16384
      union all select concat_ws(' ', oid, proname, md5(prosrc)) from pg_proc where oid >= 16384
      union all select concat_ws(' ', oid, tgname, tgenabled) from pg_trigger
      union all select concat_ws(' ', oid, nspname) from pg_namespace
      union all select concat_ws(' ', oid, typname) from pg_type where oid >= 16384
      union all select concat_ws(' ', rolname, rolconnlimit) from pg_authid
      union all select concat_ws(' ', setdatabase, setrole, setconfig) from pg_db_role_setting
      union all select concat_ws(' ', name, setting) from pg_settings where source <> 'default'
      union all select concat_ws(' ', id, hash) from migration
      union all select concat_ws(' ', classid, objid) from pg_locks where locktype = 'advisory'
    ) as parts`);
  return row!.all;
}
