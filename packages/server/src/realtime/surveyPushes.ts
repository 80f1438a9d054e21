import { setTimeout as sleep } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Core } from "../core.ts";
import { isAfter, type Position } from "../log/log.ts";
import { userOf } from "./identity.ts";
import type { Session } from "./session.ts";
import { surveyPush } from "../surveys/push.ts";

/**
 * Tells a user's devices how a survey is now, once it has changed at a position of the log: one push at a time for each
 * survey, so that the newest state comes last.
 */
export interface SurveyPushes {
  push(userId: number, surveyId: number, position: Position): void;
  /** Nothing is tried again any more. */
  close(): void;
}

/** Milliseconds until a push is tried again after a fault, and the most: each time it is twice as long. */
const RETRY = 1_000;
const LONGEST_RETRY = 30_000;
/** Within some five minutes. What fails as often is not pushed before it changes again, or its user comes back. */
const MOST_TRIES = 14;

export function openSurveyPushes(
  core: () => Core,
  sessionsOf: (userId: number) => ReadonlySet<Session>,
  track: (work: Promise<unknown>) => void,
  onFault: (error: unknown) => void,
): SurveyPushes {
  /** Surveys that are being pushed, and to which position they have changed since. */
  const changing = new Map<number, Position | null>();
  /** To which position surveys have been pushed: the sweep comes by again. */
  const pushedTo = new LRUCache<number, Position>({ max: 10_000 });
  const closing = new AbortController();

  async function pushAll(userId: number, surveyId: number): Promise<void> {
    let tries = 0;
    try {
      for (let position = changing.get(surveyId); position; position = changing.get(surveyId)) {
        changing.set(surveyId, null);
        try {
          await pushOnce(userId, surveyId);
          pushedTo.set(surveyId, position);
          tries = 0;
        } catch (error) {
          onFault(error);
          tries += 1;
          if (tries === MOST_TRIES || closing.signal.aborted) return;
          // What could not be read is tried again, as it is then.
          changing.set(surveyId, changing.get(surveyId) ?? position);
          await pause(Math.min(RETRY * 2 ** (tries - 1), LONGEST_RETRY));
        }
      }
    } finally {
      changing.delete(surveyId);
    }
  }

  async function pushOnce(userId: number, surveyId: number): Promise<void> {
    const user = await userOf(sessionsOf(userId));
    const frame = user === null ? null : await surveyPush(core(), user, surveyId);
    if (frame !== null) for (const session of sessionsOf(userId)) session.send(frame, null);
  }

  async function pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { ref: false, signal: closing.signal }).catch(() => {});
  }

  return {
    push(userId, surveyId, position) {
      const known = pushedTo.get(surveyId);
      if (known !== undefined && !isAfter(position, known)) return;
      const isPushing = changing.has(surveyId);
      if (!isPushing && sessionsOf(userId).size === 0) return;
      changing.set(surveyId, position);
      if (!isPushing) track(pushAll(userId, surveyId));
    },
    close: () => closing.abort(),
  };
}
