import { type CompiledSchema, compileSchema } from "@colloquy/engine";
import { LRUCache } from "lru-cache";
import type { Queryable } from "../database/database.ts";
import { findSchema, loadSchema, schemaOfQuestion } from "./queries.ts";

/** Schemas in memory: compiled once per version. */
export interface SchemaStore {
  /** Null where there is no such schema. */
  get(id: number): Promise<CompiledSchema | null>;
  /** The schema that a question belongs to; null where there is no such question. */
  ofQuestion(questionId: number): Promise<CompiledSchema | null>;
}

interface Entry {
  compiled: CompiledSchema;
  revision: number;
}

/**
 * Published schemas never change, so they are asked for once; others are compared by revision each time.
 * `editable` is the setting that lets published ones change too.
 */
export function openSchemaStore(db: Queryable, editable: boolean): SchemaStore {
  const entries = new LRUCache<number, Entry>({ max: 1_000 });
  const schemaIds = new LRUCache<number, number>({ max: 100_000 });

  async function get(id: number): Promise<CompiledSchema | null> {
    const entry = entries.get(id);
    if (entry !== undefined) {
      if (entry.compiled.schema.published && !editable) return entry.compiled;
      if ((await findSchema(db, id))?.revision === entry.revision) return entry.compiled;
    }
    return load(id);
  }

  async function load(id: number): Promise<CompiledSchema | null> {
    const row = await loadSchema(db, id);
    if (row === null) return null;
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
  };
}
