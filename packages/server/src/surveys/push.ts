import type { UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../database/database.ts";
import type { Compat } from "../http/compat.ts";
import type { Directory } from "../people/directory.ts";
import type { Caller } from "../policies/caller.ts";
import type { Policies } from "../policies/policies.ts";
import type { Bookmark } from "../realtime/bookmark.ts";
import type { StateFeed } from "../realtime/feeds.ts";
import { type Frame, frameOf } from "../realtime/frame.ts";
import { findSurvey } from "./queries.ts";
import { toSurvey } from "./wire.ts";

/** What it takes to show surveys to their users' devices. */
export interface SurveyPushDeps {
  db: Queryable;
  people: Directory;
  policies: Pick<Policies, "surveyObject">;
  settings: Compat;
}

/** What is pushed of surveys: how each is now, to its user. */
export function openSurveyFeed(deps: SurveyPushDeps): StateFeed {
  return {
    changedSince: (user, bookmark) => changedSince(deps.db, user, bookmark),
    show: (user, id) => show(deps, user, id),
  };
}

/** A survey as it is now, for its user's devices; null where the policy does not let them see it. */
async function show(deps: SurveyPushDeps, user: Caller, surveyId: number): Promise<Frame | null> {
  const survey = await findSurvey(deps.db, surveyId);
  if (survey === null) return frameOf("survey_updated", { id: surveyId, deleted: true });
  const asked = { method: "GET", params: { id: surveyId }, survey };
  if (!(await deps.policies.surveyObject(user, asked))) return null;
  return frameOf("survey_updated", await toSurvey(deps, survey));
}

const SURVEYS: Statement = {
  name: "missed_surveys",
  text: `select distinct s.id from event e, lateral (select (e.data ->> 'survey')::bigint as id) s
    where e.thread_id is null and e.user_id = $1 and e.type = 'survey_updated'
      and e.xid >= least($2::xid8, $3::xid8) and e.xid >= case when s.id > $4 then $3 else $2 end::xid8
    order by s.id`,
};

/** The surveys of a user of which a bookmark does not say that they know them as they are now, by their ids. */
async function changedSince(
  db: Queryable,
  user: UserId,
  { base, rest }: Pick<Bookmark, "base" | "rest">,
): Promise<number[]> {
  const last = Number.MAX_SAFE_INTEGER;
  const rows = await db.query<{ id: number }>(SURVEYS, [
    user,
    base,
    rest?.base ?? base,
    rest?.survey ?? last,
  ]);
  return rows.map(({ id }) => id);
}
