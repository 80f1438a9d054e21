import type { Core } from "../core.ts";
import type { Caller } from "../policies/caller.ts";
import { findSurvey } from "./queries.ts";
import { toSurvey } from "./wire.ts";
import { type Frame, frameOf } from "../realtime/frame.ts";

/** A survey as it is now, for its user's devices; null where the policy does not let them see it. */
export async function surveyPush(core: Core, user: Caller, surveyId: number): Promise<Frame | null> {
  const survey = await findSurvey(core.db, surveyId);
  if (survey === null) return frameOf("survey_updated", { id: surveyId, deleted: true });
  const asked = { method: "GET", params: { id: surveyId }, survey };
  if (!(await core.policies.surveyObject(user, asked))) return null;
  return frameOf("survey_updated", await toSurvey(core, survey));
}
