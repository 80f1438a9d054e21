import type { Core } from "../core.ts";
import { deleteSurvey, type SurveyRow } from "./queries.ts";

/** Deletes a survey with its answers; the user's devices learn it. */
export async function removeSurvey(core: Core, { id, user_id, schema_id }: SurveyRow): Promise<void> {
  const data = { user: user_id, schema: schema_id, deleted: true };
  const position = await deleteSurvey(core.db, id, [{ type: "survey_updated", data }]);
  if (position === null) return;
  core.host.wake();
  core.hub.surveyChanged(user_id, id, position);
}
