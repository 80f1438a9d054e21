import { invalid, notFound, texts } from "@colloquy/protocol";
import type { SchemaDeps } from "./deps.ts";
import { checkName, checkType, inPlaceOf, read, replace } from "./importDocument.ts";
import { deleteSchema, isInUse, lockSchema } from "./queries.ts";
import { storing } from "./storing.ts";

/** What of an unpublished schema can be changed by itself. */
export interface SchemaEdit {
  name?: string | undefined;
  type?: string | undefined;
  language?: string | undefined;
}

/** Replaces an unpublished schema by a document. */
export async function replaceBy(deps: SchemaDeps, id: number, raw: unknown): Promise<void> {
  const document = read(deps, raw);
  await storing(deps, (tx) => replace(tx, deps, id, (earlier) => inPlaceOf(earlier, document)));
}

/** Changes the name, type or language of an unpublished schema. */
export async function editSchema(deps: SchemaDeps, id: number, edit: SchemaEdit): Promise<void> {
  const { name, type, language } = edit;
  if (name !== undefined) checkName(name);
  if (type !== undefined) checkType(deps, type);
  const given = Object.fromEntries(
    Object.entries({ name, type, language }).filter(([, value]) => value !== undefined),
  );
  await storing(deps, (tx) => replace(tx, deps, id, (earlier) => ({ ...earlier, ...given })));
}

/** Deletes a schema that nobody has used. */
export async function removeSchema(deps: SchemaDeps, id: number): Promise<void> {
  await storing(deps, async (tx) => {
    if ((await lockSchema(tx, id)) === null) throw notFound();
    if (await isInUse(tx, id)) throw invalid({ non_field_errors: [texts.IN_USE] });
    await deleteSchema(tx, id);
  });
  deps.schemas.forget(id);
}
