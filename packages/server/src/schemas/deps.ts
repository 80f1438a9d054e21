import type { Database } from "../database/database.ts";
import type { SchemaStore } from "./store.ts";

/** What it takes to change schemas. */
export interface SchemaDeps {
  db: Database;
  schemas: SchemaStore;
  settings: {
    types: { schema: readonly string[] };
    schemas: { allowEditPublished: boolean };
  };
}
