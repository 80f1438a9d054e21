import type { Draft } from "../conversation/draft.ts";
import { isScripted, type ThreadView } from "../conversation/view/view.ts";
import type { Queryable } from "../database/database.ts";
import type { Attempt } from "./inFlight.ts";
import { isAskedSince } from "./queries.ts";

/**
 * Whether another answer came first, so that what was sent is none to what its author saw. One that names the message
 * it answers is judged by that alone.
 *
 * @param seen the author's view when they were let in
 * @param now the view that is decided on
 */
export async function isOvertaken(
  db: Queryable,
  seen: ThreadView,
  now: ThreadView,
  draft: Draft,
  attempt: Attempt,
): Promise<boolean> {
  if (draft.break_state || draft.related_message !== null) return false;
  return (await hasMovedOn(db, seen, now, draft)) || attempt.isLate(draft.question);
}

/** Whether a run has moved since a request was first decided on: then it was sent before that. */
async function hasMovedOn(
  db: Queryable,
  seen: ThreadView,
  now: ThreadView,
  { question }: Draft,
): Promise<boolean> {
  if (!isScripted(seen.state) || seen.revision === now.revision) return false;
  if (seen.state === "scripted") return position(seen) !== position(now);
  if (seen.state !== now.state || seen.run_id !== now.run_id) return true;
  if (question === null || now.run_id === null) return false;
  // A `control` leaves no message: that it was confirmed shows in where the run is.
  const hasLeft = seen.question_id === question && now.question_id !== question;
  return hasLeft || isAskedSince(db, now.run_id, question, seen.seq);
}

function position({ state, run_id, question_id, related_message }: ThreadView): string {
  return `${state} ${run_id} ${question_id} ${related_message}`;
}
