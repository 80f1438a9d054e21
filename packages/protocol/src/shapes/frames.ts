import type { Account } from "./account.ts";
import type { DeletedSurvey, Survey } from "./survey.ts";
import type { DeletedMessage, DeletedThread, MessageInThread, ThreadDetail } from "./thread.ts";
import type { UserId } from "./userId.ts";

/** The frames that the server sends: name → data. A frame is `{message, data, event?}`. */
export interface Pushes {
  /** The first frame. What a client fetches after it, plus the events after `event`, is complete. */
  hello: { user: UserId; event: string };
  message_created_or_updated: MessageInThread | DeletedMessage;
  thread_someone_is_writing: { thread: number; length: number; sender_data: Account };
  thread_updated: ThreadDetail | DeletedThread;
  unread_changed: Unread;
  /** A survey of the receiver, after an answer was added, changed or removed. */
  survey_updated: Survey | DeletedSurvey;
  /**
   * The reply to `resume`: the missed frames follow. From here on, every `event` is a token for reconnecting.
   */
  resumed: Record<string, never>;
  /**
   * The reply to `resume` if the log no longer has all missed events: fetch everything again, and continue from
   * `event`.
   */
  resync: Record<string, never>;
  error: { code: string; detail: string; about: string | null };
}

/** The frames that a client sends. `length` is in milliseconds. */
export interface Commands {
  mark_message_as_read: { message: number };
  thread_someone_is_writing: { thread: number; length: number };
  /** `since` is the last `event` that the client received: the frames after it are sent again, in order. */
  resume: { since: string };
}

export type Push = {
  [Name in keyof Pushes]: { message: Name; data: Pushes[Name]; event?: string };
}[keyof Pushes];

/** What a member has read of a thread, complete in itself. */
export interface Unread {
  thread: number;
  /** How many messages are unread. */
  unread: number;
  /** The ranges of message ids that are read; null if there are too many gaps. */
  read: [first: number, last: number][] | null;
}
