import type { Push } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { type Position, toToken } from "../events/log.ts";
import type { Caller } from "../http/caller.ts";
import { findSurvey } from "../surveys/queries.ts";
import { toSurvey } from "../surveys/wire.ts";

/** A survey as it is now, for its user's devices; null where the policy does not let them see it. */
export async function surveyPush(
  core: Core,
  user: Caller,
  surveyId: number,
  position: Position,
): Promise<Push | null> {
  const survey = await findSurvey(core.db, surveyId);
  const event = toToken(position);
  if (survey === null) return { message: "survey_updated", data: { id: surveyId, deleted: true }, event };
  const asked = { method: "GET", params: { id: surveyId }, survey };
  if (!(await core.policies.surveyObject(user, asked))) return null;
  return { message: "survey_updated", data: await toSurvey(core, survey), event };
}
