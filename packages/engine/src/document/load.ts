import type { Schema } from "../schema.ts";
import { identify, type RowIds } from "./identify.ts";
import { type DefinitionErrors, parseDocument } from "./parse.ts";

/**
 * Reads a schema document as a schema to run, or returns the problems of its shape. `check` finds all others.
 */
export function load(raw: unknown, ids?: RowIds): { schema: Schema } | { problems: DefinitionErrors } {
  const parsed = parseDocument(raw);
  return "problems" in parsed ? parsed : { schema: identify(parsed.document, ids) };
}
