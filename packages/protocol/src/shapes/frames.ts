import type { Account } from "./account.ts";
import type { DeletedSurvey, Survey } from "./survey.ts";
import type { DeletedMessage, DeletedThread, MessageInThread, ThreadDetail } from "./thread.ts";
import type { UserId } from "./userId.ts";

/** What the server pushes: message name → data. A frame is `{message, data, event?}`. */
export interface Pushes {
  /** The first frame: what is fetched after it, plus the events after `event`, is complete. */
  hello: { user: UserId; event: string };
  message_created_or_updated: MessageInThread | DeletedMessage;
  thread_someone_is_writing: { thread: number; length: number; sender_data: Account };
  thread_updated: ThreadDetail | DeletedThread;
  unread_changed: Unread;
  /** A survey of the receiver's, after an answer came, changed or went. */
  survey_updated: Survey | DeletedSurvey;
  /** The answer to `resume`: what was missed follows, and from here on every `event` is one to come back with. */
  resumed: Record<string, never>;
  /** The answer to `resume` where the log no longer has all that was missed: fetch anew, and go on from `event`. */
  resync: Record<string, never>;
  error: { code: string; detail: string; about: string | null };
}

/** What a client sends. `length` is in milliseconds. */
export interface Commands {
  mark_message_as_read: { message: number };
  thread_someone_is_writing: { thread: number; length: number };
  /** `since` is the last `event` that the client got: what it missed is pushed again, in order. */
  resume: { since: string };
}

export type Push = {
  [Name in keyof Pushes]: { message: Name; data: Pushes[Name]; event?: string };
}[keyof Pushes];

/** What a member has read of a thread, as a whole: what was told before need not be known. */
export interface Unread {
  thread: number;
  /** How many messages are unread. */
  unread: number;
  /** From which message to which everything is read, by id; null where there are too many gaps to tell. */
  read: [first: number, last: number][] | null;
}
