import type { Unread } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { unreadEverywhere, unreadIn } from "../threads/queries.ts";
import { frameOf } from "./frame.ts";
import { userOf } from "./identity.ts";
import type { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";

/** Tells people's devices what they have not read. */
export interface UnreadPushes {
  /** Of a thread in which they have read. */
  tell(userId: number, threadId: number): Promise<void>;
  /** Of all threads: it may not have been heard that they have read. */
  tellAll(userId: number): Promise<void>;
}

/** Counts are asked for this often until nothing has overtaken them. */
const MOST_TRIES = 5;

export function openUnreadPushes(
  core: () => Core,
  sessionsOf: (userId: number) => ReadonlySet<Session>,
  rooms: Rooms,
): UnreadPushes {
  function send(userId: number, data: Unread): void {
    const frame = frameOf("unread_changed", data);
    for (const session of sessionsOf(userId)) session.send(frame);
  }

  /** Tells the counts of some threads, with one question for all of them each time. */
  async function tellOf(userId: number, threadIds: readonly number[]): Promise<void> {
    for (const threadId of threadIds) rooms.heardRead(threadId);
    let left = threadIds;
    for (let tries = 1; left.length > 0; tries++) {
      const user = await userOf(sessionsOf(userId));
      if (user === null) return;
      const { db, settings } = core();
      // A push that is under way may still say how it was.
      for (const threadId of left) await rooms.pushed(threadId);
      const before = rooms.now();
      const overtaken: number[] = [];
      // A push, or another count, that overtook this one may be newer.
      for (const data of await unreadIn(db, left, userId, hiddenFrom(settings, user)))
        if (tries < MOST_TRIES && rooms.isStirredSince(data.thread, before)) overtaken.push(data.thread);
        else send(userId, data);
      left = overtaken;
    }
  }

  return {
    tell: (userId, threadId) => tellOf(userId, [threadId]),
    async tellAll(userId) {
      const user = await userOf(sessionsOf(userId));
      if (user === null) return;
      const { db, settings } = core();
      const before = rooms.now();
      const unsure: number[] = [];
      for (const data of await unreadEverywhere(db, userId, hiddenFrom(settings, user))) {
        const isSure = rooms.in(data.thread) !== null && !rooms.isStirredSince(data.thread, before);
        if (isSure) send(userId, data);
        else unsure.push(data.thread);
      }
      await tellOf(userId, unsure);
    },
  };
}
