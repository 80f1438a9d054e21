import { load, type Schema, type SchemaDocument } from "@colloquy/engine";
import { ApiError } from "@colloquy/protocol";
import { Refusal } from "./failures.ts";
import type { Target } from "./target.ts";

/** The id that digits are, or that of the newest version of a name. @throws Refusal where there is none */
export async function schemaId({ schemas }: Target, key: string): Promise<number> {
  if (isId(key)) return Number(key);
  // An empty filter is none, and would find any schema.
  const [newest] = key === "" ? [] : await schemas.list({ name: key, ordering: "-version", limit: 1 });
  if (newest === undefined) throw noSchema(key);
  return newest.id;
}

/** What is said of a schema: digits are its id. */
export function isId(key: string): boolean {
  return /^\d+$/.test(key);
}

/** A stored schema as a document, by id or name. @throws Refusal where there is none */
export async function storedDocument(target: Target, key: string): Promise<SchemaDocument> {
  return orRefuse(key, target.schemas.document(await schemaId(target, key)));
}

/** The same as a schema. */
export async function storedSchema(target: Target, key: string): Promise<Schema> {
  const loaded = load(await storedDocument(target, key));
  if ("schema" in loaded) return loaded.schema;
  throw new Refusal(`The schema ${key} is of a newer format than this program knows`);
}

/** What was asked of a schema. @throws Refusal where there is none */
export async function orRefuse<Result>(key: string, asked: Promise<Result>): Promise<Result> {
  return asked.catch((error) => {
    throw error instanceof ApiError && error.status === 404 ? noSchema(key) : error;
  });
}

function noSchema(key: string): Refusal {
  return new Refusal(`There is no schema ${key}`);
}
