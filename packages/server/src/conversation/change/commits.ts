import type { Database } from "../../database/database.ts";
import { gather } from "../../database/gather.ts";
import { type Committed, commit } from "./commit.ts";
import { type CommittedMessage, commitMessages, type LoneMessage } from "./commitMessages.ts";
import { onlySays, type ThreadChange } from "./threadChange.ts";
import type { ThreadView } from "../view/view.ts";

/** Writes what was decided. Messages that are all that changes in their threads are written together. */
export interface Commits {
  /**
   * Writes a change of a thread, which `touches` its `updated` or leaves it. Null where the thread has another revision
   * than the one it was decided on, or is gone.
   */
  commit(
    thread: Pick<ThreadView, "id" | "revision">,
    change: ThreadChange,
    touches: boolean,
  ): Promise<Committed | null>;
  /**
   * Writes a message that is all that changes. Null where that is not possible now, or not any more: `commit` tells why.
   */
  commitMessage(message: LoneMessage): Promise<CommittedMessage | null>;
}

const MOST_AT_ONCE = 64;
/** Milliseconds from one statement to the next, in which further messages come. */
const PACE = 5;

export function openCommits(db: Database): Commits {
  const commitMessage = gather<LoneMessage, CommittedMessage | null>(
    db,
    { most: MOST_AT_ONCE, pace: PACE },
    (messages) => commitMessages(db, messages),
  );
  return {
    commitMessage,
    async commit({ id, revision }, change, touches) {
      const message = onlySays(change);
      const together =
        message && (await commitMessage({ thread_id: id, revision, touches, message, users: [] }));
      return together ?? commit(db, id, revision, change, touches);
    },
  };
}
