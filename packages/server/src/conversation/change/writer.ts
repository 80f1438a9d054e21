import type { Database } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import type { ThreadView } from "../view/view.ts";
import { onlySays, type ThreadChange } from "./threadChange.ts";
import { type Committed, writeChange } from "./writeChange.ts";
import { type CommittedMessage, type LoneMessage, writeMessages } from "./writeMessages.ts";

/** Writes what was decided. Messages that are all that changes in their threads are written together. */
export interface Writer {
  /**
   * Writes a change of a thread, which `touches` its `updated` or leaves it. Null where the thread has another revision
   * than the one it was decided on, or is gone.
   */
  write(
    thread: Pick<ThreadView, "id" | "revision">,
    change: ThreadChange,
    touches: boolean,
  ): Promise<Committed | null>;
  /**
   * Writes a message that is all that changes. Null where that is not possible now, or not any more: `write` tells why.
   */
  writeMessage(message: LoneMessage): Promise<CommittedMessage | null>;
}

const MOST_AT_ONCE = 64;
/** Milliseconds from one statement to the next, in which further messages come. */
const PACE = 5;

export function openWriter(db: Database): Writer {
  const writeMessage = gather<LoneMessage, CommittedMessage | null>(
    db,
    { most: MOST_AT_ONCE, pace: PACE },
    (messages) => writeMessages(db, messages),
  );
  return {
    writeMessage,
    async write({ id, revision }, change, touches) {
      const message = onlySays(change);
      const together =
        message && (await writeMessage({ thread_id: id, revision, touches, message, users: [] }));
      return together ?? writeChange(db, id, revision, change, touches);
    },
  };
}
