import type { UserId } from "@colloquy/protocol";
import type { NewEvent } from "../log/loggedEvent.ts";
import type { Position } from "../log/position.ts";
import type { Happened, Log } from "../log/publish.ts";

/** Publishes that a survey changed, at a position of the log: by these events, and so many answers. */
export function publishSurvey(
  log: Pick<Log, "publish">,
  { id, user_id }: { id: number; user_id: UserId },
  { xid, id: event }: Position,
  events: readonly NewEvent[],
  answers = 0,
): void {
  const happened: Happened[] = events.map(({ type }) => ({ type }));
  if (answers > 0) happened.push({ type: "survey_answered", times: answers });
  log.publish({ wake: { type: "survey", user: user_id, survey: id, xid, id: event }, happened });
}
