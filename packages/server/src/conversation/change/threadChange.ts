import type { Json, Variables } from "@colloquy/engine";
import type { State, UserId } from "@colloquy/protocol";
import type { NewEvent } from "../../log/loggedEvent.ts";
import type { AttachmentRow } from "../view/attachment.ts";
import { ofThreadType, type ThreadTypes } from "../view/threadTypes.ts";
import type { Mode } from "../view/view.ts";

/**
 * What an action decided to change in one thread. It is written by one statement, which is its own
 * transaction: all of it, or, where the thread's revision has moved on since it was read, none of it.
 */
export interface ThreadChange {
  /** A new title. */
  title?: string;
  messages?: NewMessage[];
  edits?: MessageEdit[];
  /** Something more is attached to a message that was there before. */
  attach?: { message: number; attachment: NewAttachment };
  /** An attachment is another now, with these files alone. */
  reattach?: { id: number; message: number; attachment: NewAttachment };
  /** An attachment goes. */
  detach?: { id: number; message: number };
  /** Ids of messages to delete. */
  deletes?: number[];
  /** Members whose mode, rights or notifications change. */
  members?: MemberChange[];
  /** All members, or those in some states, to a mode without a question and mostly a schema; the `members` above excepted. */
  everyone?: { state: State; only?: readonly State[]; keepsSchema?: boolean };
  /** Pools that are as a run's surviving messages make them, of members whose newest run it is. */
  pools?: { run: number; user_id: UserId; variables: Variables }[];
  joins?: NewMember[];
  /** User ids of members who leave. */
  leaves?: UserId[];
  /** A run that begins; `startedRun` refers to it. */
  run?: { user_id: UserId; schema_id: number; passed: number[]; finished: boolean };
  /** Runs that end. */
  finishedRuns?: number[];
  /** A confirmation, which stores no message that could hold its `client_id`. */
  confirmation?: { user_id: UserId; client_id: string };
  /** Questions that a run passed unseen, to be kept with its newest message. */
  passed?: { run: number; questions: number[] };
  /** Messages behind which nothing is passed any more: what a run was rolled back to. */
  unpassed?: number[];
  events: ThreadEvent[];
  /** Members whose notifications change: their open sessions follow the thread from now on, or no more. */
  refollow?: UserId[];
}

/** Stands for the id of the run that begins in the same change. */
export const STARTED_RUN = -1;

export interface NewMessage {
  sender_id: UserId | null;
  type: string;
  text: string;
  meta: Json;
  client_id?: string | null;
  related_question?: number | null;
  predecessor?: number | null;
  run_id?: number | null;
  run_role?: "question" | "answer" | null;
  answers?: readonly number[];
  passed?: number[];
  language?: string | null;
  attachments?: readonly NewAttachment[];
}

/** What is attached to a message, with its files, whose bytes are in the storage already. */
export interface NewAttachment extends Omit<AttachmentRow, "id"> {}

/** A message outside of any run. */
export type FreeMessage = Pick<NewMessage, "sender_id" | "type" | "text" | "meta" | "client_id" | "language">;

/** What a new message comes with at least: the event that tells of it. */
export function saying(message: NewMessage): { messages: [NewMessage]; events: ThreadEvent[] } {
  return { messages: [message], events: [{ type: "message_created", message_new: 0 }] };
}

const FREE = ["sender_id", "type", "text", "meta", "client_id", "language"];

/** The free message that is all of a change; null where there is more to it. */
export function onlySays({ messages = [], events, ...rest }: ThreadChange): FreeMessage | null {
  const [message, ...others] = messages;
  const [{ type, message_new, ...told } = { type: "" }, ...furtherEvents] = events;
  if (message === undefined || type !== "message_created" || message_new !== 0) return null;
  const more = [...others, ...furtherEvents, ...Object.keys(told), ...Object.keys(rest)];
  return more.length === 0 && Object.keys(message).every((name) => FREE.includes(name)) ? message : null;
}

export interface MessageEdit {
  id: number;
  text: string;
  meta: Json;
}

/** `related_new` is the index of a new message, where the mode's related message is one. */
export interface MemberChange extends Mode {
  user_id: UserId;
  permissions: number;
  notifications: number;
  language: string | null;
  related_new?: number | null;
}

/** Who joins has seen what was said before. */
export type NewMember = MemberChange;

/** `message_new` is the index of a new message, whose id the event's data gets as `message`. */
export interface ThreadEvent extends NewEvent {
  message_new?: number;
}

/** The schemas that members and runs of a change refer to. */
export function schemasIn({ run, members = [], joins = [] }: ThreadChange): number[] {
  return [...members, ...joins, ...(run ? [run] : [])].flatMap(({ schema_id }) => schema_id ?? []);
}

/**
 * Whether a change moves the thread's `updated`, which all of its members see: one that concerns a single member does
 * not, and new messages do where their thread's type says so.
 */
export function touches(settings: ThreadTypes, type: string, change: ThreadChange): boolean {
  const { title, joins, leaves, everyone, attach, reattach, detach } = change;
  const { edits = [], deletes = [], messages = [] } = change;
  const isOfAll = [title, joins, leaves, everyone, attach, reattach, detach].some(
    (part) => part !== undefined,
  );
  if (isOfAll || edits.length > 0 || deletes.length > 0) return true;
  return messages.length > 0 && ofThreadType(settings, type).touch;
}
