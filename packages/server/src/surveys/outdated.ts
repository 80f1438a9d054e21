import type { Core } from "../core.ts";
import { brokenReference, isDeadlock } from "../database/conflicts.ts";

/** What a survey refers to in a schema that may be deleted, or edited, while a change is on its way. */
const OF_SCHEMAS = ["survey_schema_id_fkey", "survey_item_question_id_fkey"];

/**
 * What writing came to; null where the schema, or a question of it, was deleted since it was decided, or the deleting
 * and the writing waited for each other. Then nothing was written, and the schema is forgotten, so that it is decided
 * anew on what there is.
 */
export async function unlessOutdated<Written>(
  { schemas }: Pick<Core, "schemas">,
  schemaId: number,
  writing: Promise<Written>,
): Promise<Written | null> {
  try {
    return await writing;
  } catch (error) {
    if (!OF_SCHEMAS.includes(brokenReference(error) ?? "") && !isDeadlock(error)) throw error;
    schemas.forget(schemaId);
    return null;
  }
}
