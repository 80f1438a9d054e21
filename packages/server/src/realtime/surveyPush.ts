import type { Push } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import type { Caller } from "../http/caller.ts";
import { findSurvey } from "../surveys/queries.ts";
import { toSurvey } from "../surveys/wire.ts";

/** A survey as it is now, for its user's devices; null where the policy does not let them see it. */
export async function surveyPush(core: Core, user: Caller, surveyId: number): Promise<Push | null> {
  const survey = await findSurvey(core.db, surveyId);
  if (survey === null) return { message: "survey_updated", data: { id: surveyId, deleted: true } };
  const asked = { method: "GET", params: { id: surveyId }, survey };
  if (!(await core.policies.surveyObject(user, asked))) return null;
  return { message: "survey_updated", data: await toSurvey(core, survey) };
}
