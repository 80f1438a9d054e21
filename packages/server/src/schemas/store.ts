import { AsyncLocalStorage } from "node:async_hooks";
import { type CompiledSchema, compileSchema } from "@colloquy/engine";
import { LRUCache } from "lru-cache";
import type { Database } from "../database/database.ts";
import { findSchema, loadSchema, schemaOfQuestion } from "./queries.ts";

/** Schemas in memory: compiled once per version. */
export interface SchemaStore {
  /** Null where there is no such schema. */
  get(id: number): Promise<CompiledSchema | null>;
  /** The schema that a question belongs to; null where there is no such question. */
  ofQuestion(questionId: number): Promise<CompiledSchema | null>;
  /** Forgets a schema that was deleted. */
  forget(id: number): void;
}

interface Entry {
  compiled: CompiledSchema;
  revision: number;
}

type Look = Promise<CompiledSchema | null>;

/** Those who look at one schema at the same moment. */
interface Lookers {
  now: Look;
  /** What everybody waits for who asked after `now` had begun; null while there is nobody. */
  next: Look | null;
}

/**
 * Published schemas never change, so they are asked for once; others are compared by revision each time.
 * `editable` is the setting that lets published ones change too.
 *
 * Of each schema there is one look at the database at a time. Whoever asks while it is under way may have seen an edit
 * that it has not, so they wait for its end, and then look together: at nothing where it brought a published schema,
 * else at the revision. So a schema is loaded and compiled once for all who ask at the same moment, and nobody gets
 * one that is older than their question. A look that fails fails for those alone who waited for that one.
 */
export function openSchemaStore(
  db: Pick<Database, "query" | "assertOutside">,
  editable: boolean,
): SchemaStore {
  const entries = new LRUCache<number, Entry>({ max: 1_000 });
  const schemaIds = new LRUCache<number, number>({ max: 100_000 });
  const looking = new Map<number, Lookers>();
  // A look is shared, so it is no part of whatever its first asker is in.
  const outside = AsyncLocalStorage.snapshot();

  async function get(id: number): Look {
    const final = finalOf(id);
    if (final !== null) return final;
    db.assertOutside();
    const lookers = looking.get(id);
    if (lookers === undefined) return begin(id);
    lookers.next ??= lookers.now.then(
      () => begin(id),
      () => begin(id),
    );
    return lookers.next;
  }

  /** What is in memory and can never be another. */
  function finalOf(id: number): CompiledSchema | null {
    const compiled = entries.get(id)?.compiled;
    return compiled?.schema.published && !editable ? compiled : null;
  }

  function begin(id: number): Look {
    const lookers: Lookers = { now: outside(look, id), next: null };
    looking.set(id, lookers);
    const end = () => {
      if (lookers.next === null) looking.delete(id);
    };
    lookers.now.then(end, end);
    return lookers.now;
  }

  async function look(id: number): Look {
    const final = finalOf(id);
    if (final !== null) return final;
    const entry = entries.get(id);
    if (entry !== undefined && (await findSchema(db, id))?.revision === entry.revision) return entry.compiled;
    return load(id);
  }

  async function load(id: number): Look {
    const row = await loadSchema(db, id);
    if (row === null) {
      entries.delete(id);
      return null;
    }
    const { revision, ...schema } = row;
    const compiled = compileSchema(schema);
    entries.set(id, { compiled, revision });
    for (const question of schema.questions) schemaIds.set(question.id, id);
    return compiled;
  }

  return {
    get,
    async ofQuestion(questionId) {
      const id = schemaIds.get(questionId) ?? (await schemaOfQuestion(db, questionId));
      return id === null ? null : get(id);
    },
    forget: (id) => void entries.delete(id),
  };
}
