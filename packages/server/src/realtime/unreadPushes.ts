import type { Unread } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { hiddenFrom } from "../messages/visibility.ts";
import { unreadEverywhere, unreadIn } from "../threads/queries.ts";
import { frameOf } from "./frame.ts";
import type { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";

/** Tells people's devices what they have not read. */
export interface UnreadPushes {
  /** Of a thread in which they have read. */
  tell(userId: number, threadId: number): Promise<void>;
  /** Of all threads: it may not have been heard that they have read. */
  tellAll(userId: number): Promise<void>;
}

/** A count is asked for this often until nothing has overtaken it. */
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

  async function tell(userId: number, threadId: number): Promise<void> {
    rooms.heardRead(threadId);
    const [session] = sessionsOf(userId);
    if (session === undefined) return;
    const { db, settings } = core();
    for (let tries = 1; ; tries++) {
      // A push that is under way may still say how it was.
      await rooms.pushed(threadId);
      const before = rooms.now();
      const data = await unreadIn(db, threadId, userId, hiddenFrom(settings, session.user));
      if (data === null) return;
      // A push, or another count, that overtook this one may be newer.
      if (tries === MOST_TRIES || !rooms.isStirredSince(threadId, before)) return send(userId, data);
    }
  }

  return {
    tell,
    async tellAll(userId) {
      const [session] = sessionsOf(userId);
      if (session === undefined) return;
      const { db, settings } = core();
      const before = rooms.now();
      for (const data of await unreadEverywhere(db, userId, hiddenFrom(settings, session.user))) {
        const isSure = rooms.in(data.thread) !== null && !rooms.isStirredSince(data.thread, before);
        if (isSure) send(userId, data);
        else await tell(userId, data.thread);
      }
    },
  };
}
