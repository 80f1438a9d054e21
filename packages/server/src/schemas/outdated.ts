import { brokenReference, isDeadlock } from "../database/conflicts.ts";
import type { SchemaStore } from "./store.ts";

/** The foreign keys of what refers to schemas and their questions, and is never deleted with them. */
const REFERENCES = [
  "run_schema_id_fkey",
  "member_schema_id_fkey",
  "member_question_id_fkey",
  "member_initial_question_fkey",
  "message_related_question_fkey",
  "message_predecessor_fkey",
  "survey_schema_id_fkey",
  "survey_item_question_id_fkey",
];

/** Whether a statement was refused because a run, a member, a message or a survey refers to a schema, or its questions. */
export function breaksUse(error: unknown): boolean {
  return REFERENCES.includes(brokenReference(error) ?? "");
}

/**
 * What writing came to; null where it can no longer be written as it was decided, because a schema or a question in it
 * was deleted meanwhile, or the deleting and the writing waited for each other. Then nothing was written, and the
 * schemas are forgotten, so that it is decided anew on what there is.
 */
export async function unlessOutdated<Written>(
  schemas: Pick<SchemaStore, "forget">,
  ids: readonly number[],
  writing: Promise<Written>,
): Promise<Written | null> {
  try {
    return await writing;
  } catch (error) {
    if (!breaksUse(error) && !isDeadlock(error)) throw error;
    for (const id of ids) schemas.forget(id);
    return null;
  }
}
