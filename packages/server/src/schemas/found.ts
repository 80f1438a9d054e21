import type { CompiledSchema, Schema } from "@colloquy/engine";
import { notFound, type Schema as SchemaWire } from "@colloquy/protocol";
import type { SchemaDeps } from "./deps.ts";
import { findSchema, type SchemaRow } from "./queries.ts";
import type { SimulateDeps } from "./simulate.ts";
import { toSchema } from "./wire.ts";

/** A schema as it is now. */
export interface FoundSchema {
  row: SchemaRow;
  compiled: CompiledSchema;
  schema: Schema;
}

/** Its row is asked for first: what is in memory may have been deleted, here or on another node. @throws 404 */
export async function foundSchema({ db, schemas }: SchemaDeps, id: number): Promise<FoundSchema> {
  const row = await findSchema(db, id);
  const compiled = row === null ? null : await schemas.get(row.id);
  if (row === null || compiled === null) throw notFound();
  return { row, compiled, schema: compiled.schema };
}

/** A schema with its questions, as it crosses the wire. @throws 404 */
export async function wholeSchema(deps: SchemaDeps & SimulateDeps, id: number): Promise<SchemaWire> {
  const { row, schema } = await foundSchema(deps, id);
  return toSchema(deps, schema, row);
}
