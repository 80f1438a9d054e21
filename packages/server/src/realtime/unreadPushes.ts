import type { UserId } from "@colloquy/protocol";
import type { CountFeed, CountOf } from "./feeds.ts";
import { userOf } from "./identity.ts";
import type { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";

/** Tells people's devices what they have not read. */
export interface UnreadPushes {
  /** Of a thread in which they have read. */
  tell(userId: UserId, threadId: number): Promise<void>;
  /** Of all threads: it may not have been heard that they have read. */
  tellAll(userId: UserId): Promise<void>;
}

/** Counts are asked for this often until nothing has overtaken them. */
const MOST_TRIES = 5;

export function openUnreadPushes(
  feed: CountFeed,
  sessionsOf: (userId: UserId) => ReadonlySet<Session>,
  rooms: Rooms,
): UnreadPushes {
  function send(userId: UserId, { frame }: CountOf): void {
    for (const session of sessionsOf(userId)) session.send(frame);
  }

  /** Tells the counts of some threads, with one question for all of them each time. */
  async function tellOf(userId: UserId, threadIds: readonly number[]): Promise<void> {
    for (const threadId of threadIds) rooms.noteReading(threadId);
    let left = threadIds;
    for (let tries = 1; left.length > 0; tries++) {
      const user = await userOf(sessionsOf(userId));
      if (user === null) return;
      // A push that is under way may still say how it was.
      for (const threadId of left) await rooms.pushed(threadId);
      const before = rooms.now();
      const overtaken: number[] = [];
      // A push, or another count, that overtook this one may be newer.
      for (const count of await feed.of(user, left))
        if (tries < MOST_TRIES && rooms.hasChangedSince(count.thread, before)) overtaken.push(count.thread);
        else send(userId, count);
      left = overtaken;
    }
  }

  return {
    tell: (userId, threadId) => tellOf(userId, [threadId]),
    async tellAll(userId) {
      const user = await userOf(sessionsOf(userId));
      if (user === null) return;
      const before = rooms.now();
      const unsure: number[] = [];
      for (const count of await feed.everywhere(user)) {
        const isSure = rooms.in(count.thread) !== null && !rooms.hasChangedSince(count.thread, before);
        if (isSure) send(userId, count);
        else unsure.push(count.thread);
      }
      await tellOf(userId, unsure);
    },
  };
}
