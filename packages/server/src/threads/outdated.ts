import type { Core } from "../core.ts";
import { brokenReference, isDeadlock } from "../database/conflicts.ts";
import type { ThreadChange } from "./threadChange.ts";

/** What a thread refers to in a schema that may be deleted, or edited, while a change is on its way. */
const OF_SCHEMAS = [
  "run_schema_id_fkey",
  "member_schema_id_fkey",
  "member_question_id_fkey",
  "member_initial_question_fkey",
  "message_related_question_fkey",
  "message_predecessor_fkey",
];

/**
 * What writing a change came to; null where it can no longer be written as it was decided, because a schema or a
 * question in it was deleted meanwhile, or the deleting and the writing waited for each other. Then nothing was written,
 * and the schemas are forgotten, so that it is decided anew on what there is.
 */
export async function unlessOutdated<Written>(
  { schemas }: Pick<Core, "schemas">,
  { run, members = [], joins = [] }: ThreadChange,
  writing: Promise<Written>,
): Promise<Written | null> {
  try {
    return await writing;
  } catch (error) {
    if (!OF_SCHEMAS.includes(brokenReference(error) ?? "") && !isDeadlock(error)) throw error;
    for (const { schema_id } of [...members, ...joins, ...(run ? [run] : [])])
      if (schema_id !== null) schemas.forget(schema_id);
    return null;
  }
}
