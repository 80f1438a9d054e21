import { LRUCache } from "lru-cache";
import type { Core } from "../core.ts";
import { isAfter, type Position } from "../events/log.ts";
import type { Session } from "./session.ts";
import { surveyPush } from "./surveyPush.ts";

/**
 * Tells a user's devices how a survey is now, once it has changed at a position of the log: one push at a time for each
 * survey, so that the newest state comes last.
 */
export type PushSurvey = (userId: number, surveyId: number, position: Position) => void;

export function openSurveyPushes(
  core: () => Core,
  sessionsOf: (userId: number) => ReadonlySet<Session>,
  track: (work: Promise<unknown>) => void,
): PushSurvey {
  /** Surveys that are being pushed, and to which position they have changed since. */
  const changing = new Map<number, Position | null>();
  /** To which position surveys have been pushed: the sweep comes by again. */
  const pushedTo = new LRUCache<number, Position>({ max: 10_000 });

  async function push(userId: number, surveyId: number): Promise<void> {
    try {
      for (let position = changing.get(surveyId); position; position = changing.get(surveyId)) {
        changing.set(surveyId, null);
        const [session] = sessionsOf(userId);
        if (session === undefined) return;
        pushedTo.set(surveyId, position);
        const frame = await surveyPush(core(), session.user, surveyId);
        if (frame !== null) for (const own of sessionsOf(userId)) own.send(frame, null);
      }
    } finally {
      changing.delete(surveyId);
    }
  }

  return (userId, surveyId, position) => {
    const known = pushedTo.get(surveyId);
    if (known !== undefined && !isAfter(position, known)) return;
    const isPushing = changing.has(surveyId);
    if (!isPushing && sessionsOf(userId).size === 0) return;
    changing.set(surveyId, position);
    if (!isPushing) track(push(userId, surveyId));
  };
}
