import type { Schema } from "../schema.ts";
import { identify, type RowIds } from "./identify.ts";
import { type DefinitionErrors, parseDocument } from "./parse.ts";

/** Reads a schema document as a schema that runs, or says what is wrong with its shape. */
export function load(raw: unknown, ids?: RowIds): { schema: Schema } | { problems: DefinitionErrors } {
  const parsed = parseDocument(raw);
  return "problems" in parsed ? parsed : { schema: identify(parsed.document, ids) };
}
