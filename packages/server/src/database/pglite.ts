import { existsSync, openAsBlob } from "node:fs";
import { readdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type messages, PGlite, protocol } from "@electric-sql/pglite";
import { DirectoryInUse, lockDirectory } from "./directoryLock.ts";
import { databaseOver, isStalePlan, type Reply, type Request, sessionSettings } from "./driver.ts";
import type { Database, DatabaseOptions } from "./port.ts";
import { DatabaseUnavailable } from "./unavailable.ts";
import { decoderOf } from "./values.ts";

/** An empty cluster, made when the project was installed; not everywhere. */
export const EMPTY_CLUSTER = new URL("./generated/empty.tar", import.meta.url);

export interface PgliteOptions extends DatabaseOptions {
  /**
   * What `dump` gave: a new database starts from it, in a tenth of the time that making an empty one takes. By
   * default the empty cluster, where there is one; null for none.
   */
  template?: Blob | null;
}

export interface PgliteDatabase extends Database {
  /** All files as a tar. */
  dump(): Promise<Blob>;
}

/**
 * PostgreSQL inside this process, in `memory:` or a directory. It writes through to the files and loses nothing when
 * the process is killed, but never syncs: a power cut may cost the database.
 */
export async function openPglite(location: string, options: PgliteOptions = {}): Promise<PgliteDatabase> {
  const settings = sessionSettings(options.schema);
  const inMemory = location === "memory:";
  const unlock = inMemory ? async () => {} : await lockDirectory(location);
  const pglite = await create(inMemory ? null : location, options.template).catch(async (error) => {
    await unlock();
    throw error;
  });
  const engine = sessionOf(pglite, location);
  const { session } = engine;
  const set = Object.entries(settings).map(([name, value]) => `set ${name} = '${value}'`);
  session({ text: set.join(";"), values: [] });

  // One connection: each takes its turn, a transaction as a whole.
  let last = Promise.resolve();
  let asking = 0;
  let borrowed = 0;

  /** The engine has no process in the background that would end its log: on a disk it would grow for ever. */
  function endLog(): void {
    try {
      const [{ is_long }] = session({ text: LOG_LENGTH, values: [] }).rows as [{ is_long: boolean }];
      if (is_long) session({ text: "checkpoint", values: [] });
    } catch {
      // Whoever asked before has their answer. A disk that is full is said to who asks next.
    }
  }

  const database = databaseOver(
    {
      kind: "pglite",
      async borrow(work) {
        const turn = Promise.withResolvers<void>();
        const before = last;
        last = turn.promise;
        asking++;
        await before;
        // The engine answers at once. Without a turn of the event loop for each borrower, all that one request asks would
        // be done before this process has even read the request that came with it.
        await setImmediate();
        try {
          return await work(async (request) => session(request));
        } finally {
          borrowed++;
          if (!inMemory && borrowed % LOOKED_AT === 0) endLog();
          asking--;
          turn.resolve();
        }
      },
      connections: () => ({
        open: 1,
        idle: asking === 0 ? 1 : 0,
        waiting: Math.max(0, asking - 1),
        most: 1,
      }),
      async close() {
        if (!engine.hasStopped()) await pglite.close();
        await unlock();
      },
    },
    options.onStatement,
  );
  return {
    ...database,
    async dump() {
      await database.query({ name: "database.checkpoint", text: "checkpoint" });
      return pglite.dumpDataDir("none");
    },
  };
}

/** It is lent so many times between two looks at the length of the engine's log. */
const LOOKED_AT = 500;
/** Bytes of it that are kept: as many would be read at the next start after a crash. */
const LOG_LENGTH = `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) > 67108864 as is_long
  from pg_control_checkpoint()`;

/** Beside a database that is being made: what is found with it was left by a process that was killed meanwhile. */
const UNFINISHED = "colloquy.unfinished";

/** Opens a directory's files, or makes them; null is in memory. */
async function create(directory: string | null, template: PgliteOptions["template"]): Promise<PGlite> {
  const present = directory === null ? [] : await filesIn(directory);
  if (present.includes("PG_VERSION"))
    return PGlite.create(directory!).catch(async (error) => {
      throw new DatabaseUnavailable(await failure(directory!, error), error);
    });
  if (present.some((name) => !name.startsWith("colloquy.")))
    throw new DirectoryInUse(
      `${directory} holds other files: the embedded database needs a directory of its own`,
    );
  const loadDataDir = template === undefined ? await emptyCluster() : (template ?? undefined);
  if (directory === null) return PGlite.create("memory://", { loadDataDir });
  try {
    await writeFile(join(directory, UNFINISHED), "");
    const made = await PGlite.create(directory, { loadDataDir });
    await rm(join(directory, UNFINISHED));
    return made;
  } catch (error) {
    const sentence = await failure(directory, error);
    // Half a database would be taken for a whole one at the next start.
    await removeAllBut(present, directory);
    throw new DatabaseUnavailable(sentence, error);
  }
}

/** What is in a directory, without what was left unfinished there. */
async function filesIn(directory: string): Promise<string[]> {
  const present = await readdir(directory);
  if (!present.includes(UNFINISHED)) return present;
  const ours = present.filter((name) => name.startsWith("colloquy.") && name !== UNFINISHED);
  await removeAllBut(ours, directory);
  return ours;
}

async function removeAllBut(present: readonly string[], directory: string): Promise<void> {
  const made = (await readdir(directory)).filter((name) => !present.includes(name));
  const remove = (name: string) => rm(join(directory, name), { recursive: true, force: true });
  await Promise.all(made.filter((name) => name !== UNFINISHED).map(remove));
  await remove(UNFINISHED);
}

/** Bytes of one part of the engine's log: without room for the next one it does not start. */
const NO_SPACE = 16_777_216;

/** Why a directory's database cannot be opened, in one sentence: the engine says it in numbers of its own. */
async function failure(directory: string, error: unknown): Promise<string> {
  const free = await statfs(directory).catch(() => null);
  const isFull = free !== null && free.bavail * free.bsize < NO_SPACE;
  const reason = error instanceof Error ? error.message : "the engine failed";
  return `The embedded database in ${directory} cannot be opened: ${isFull ? "the disk is full" : reason}`;
}

/** Undefined where the project was installed without it. */
function emptyCluster(): Promise<Blob | undefined> {
  return existsSync(EMPTY_CLUSTER) ? openAsBlob(EMPTY_CLUSTER) : Promise.resolve(undefined);
}

/**
 * PGlite's own `query` prepares each statement anew and calls into the engine seven times; with prepared statements
 * and the whole exchange in one call a look-up by key takes a fifth of that. The call is synchronous, so no two mix.
 */
function sessionOf(pglite: PGlite, location: string) {
  let stopped: DatabaseUnavailable | null = null;
  const prepared = new Map<string, string>();
  const { serialize } = protocol;

  function exchange(...message: Uint8Array[]): messages.BackendMessage[] {
    if (stopped !== null) throw stopped;
    const answers: messages.BackendMessage[] = [];
    try {
      new protocol.Parser().parse(pglite.execProtocolRawSync(Buffer.concat(message)), (answer) =>
        answers.push(answer),
      );
    } catch (error) {
      throw stop(error);
    }
    const failure = answers.find((answer) => answer.name === "error") as messages.DatabaseError | undefined;
    if (!failure) return answers;
    if (failure.severity === "PANIC") throw stop(failure);
    // Its stack ends in the engine's; ours says who asked.
    Error.captureStackTrace(failure, exchange);
    throw failure;
  }

  /** After a PANIC PostgreSQL starts anew. The engine would spin in its next call for ever, and let nothing else run. */
  function stop(cause: unknown): DatabaseUnavailable {
    const reason = cause instanceof Error ? cause.message : "the engine failed";
    const sentence = `The embedded database in ${location} has stopped, and the server must be restarted: ${reason}`;
    stopped = new DatabaseUnavailable(sentence, cause);
    return stopped;
  }

  function prepare(name: string, text: string) {
    const known = prepared.get(name);
    if (known === text) return;
    if (known !== undefined) throw new Error(`Two statements are called "${name}"`);
    exchange(serialize.parse({ name, text }), serialize.sync());
    prepared.set(name, text);
  }

  function session({ name, text, values }: Request): Reply {
    if (!name && values.length === 0) return replyOf(exchange(serialize.query(text)));
    if (name) prepare(name, text);
    try {
      return replyOf(
        exchange(
          ...(name ? [] : [serialize.parse({ text })]),
          serialize.bind({ statement: name, values }),
          serialize.describe({ type: "P" }),
          serialize.execute(),
          serialize.sync(),
        ),
      );
    } catch (error) {
      if (name && isStalePlan(error)) {
        exchange(serialize.close({ type: "S", name }), serialize.sync());
        prepared.delete(name);
      }
      throw error;
    }
  }

  return { session, hasStopped: () => stopped !== null };
}

/** The rows of the last statement that completed. */
function replyOf(answers: messages.BackendMessage[]): Reply {
  let reply: Reply = { rows: [], command: "" };
  let rows: unknown[] = [];
  let columns: { name: string; decode: (text: string) => unknown }[] = [];
  for (const answer of answers) {
    if (answer.name === "rowDescription") {
      const { fields } = answer as messages.RowDescriptionMessage;
      columns = fields.map((field) => ({ name: field.name, decode: decoderOf(field.dataTypeID) }));
    } else if (answer.name === "dataRow") {
      const { fields } = answer as messages.DataRowMessage;
      const row: Record<string, unknown> = {};
      columns.forEach(({ name, decode }, index) => {
        const text = fields[index];
        row[name] = text == null ? null : decode(text);
      });
      rows.push(row);
    } else if (answer.name === "commandComplete") {
      const { text } = answer as messages.CommandCompleteMessage;
      reply = { rows, command: text.split(" ")[0] ?? "" };
      rows = [];
      columns = [];
    }
  }
  return reply;
}
