import type { SurveyDeps } from "./change.ts";
import { publishSurvey } from "./publishSurvey.ts";
import { deleteSurvey, type SurveyRow } from "./queries.ts";

/** Deletes a survey with its answers; the user's devices learn it. */
export async function removeSurvey(
  deps: Pick<SurveyDeps, "db" | "log">,
  { id, user_id, schema_id }: SurveyRow,
): Promise<void> {
  const data = { user: user_id, schema: schema_id, deleted: true };
  const events = [{ type: "survey_updated", data }];
  const position = await deleteSurvey(deps.db, id, events);
  if (position !== null) publishSurvey(deps.log, { id, user_id }, position, events);
}
