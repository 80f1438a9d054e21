import type { Push } from "./shapes/frames.ts";
import type { Message } from "./shapes/message.ts";
import type { Survey } from "./shapes/survey.ts";
import type { Thread, ThreadDetail } from "./shapes/thread.ts";

/** The state of a client: fetched once, and kept current by pushes. */
export interface ClientState {
  threads: ReadonlyMap<number, KnownThread>;
  /** For each opened thread, its newest messages by id, without gaps. */
  messages: ReadonlyMap<number, readonly Message[]>;
  surveys: ReadonlyMap<number, Survey>;
}

/** A thread from a list has no `variables_pool`; a single thread and every push have it. */
export type KnownThread = Thread & Partial<Pick<ThreadDetail, "variables_pool">>;

export const NOTHING_KNOWN: ClientState = { threads: new Map(), messages: new Map(), surveys: new Map() };

/**
 * The state after a push: what the client would fetch now. The old state is not changed; it is returned if the push
 * changes nothing. Applying a push twice is harmless. After `resync` and `hello`, the caller must fetch everything
 * again.
 */
export function applyEvent(state: ClientState, push: Push): ClientState {
  switch (push.message) {
    case "message_created_or_updated": {
      const { data } = push;
      if (isDeleted(data)) return onMessages(state, data.thread, (known) => without(known, data.id));
      const { thread_data, ...message } = data;
      const threads = withEntry(state.threads, message.thread, thread_data);
      return onMessages({ ...state, threads }, message.thread, (known) => placed(known, message));
    }
    case "thread_updated": {
      const { data } = push;
      if (!isDeleted(data)) return { ...state, threads: withEntry(state.threads, data.id, data) };
      const [threads, messages] = [withEntry(state.threads, data.id), withEntry(state.messages, data.id)];
      return { ...state, threads, messages };
    }
    case "unread_changed":
      return read(state, push.data);
    case "survey_updated": {
      const { data } = push;
      const surveys = withEntry(state.surveys, data.id, isDeleted(data) ? undefined : data);
      return { ...state, surveys };
    }
    case "hello":
    case "resumed":
    case "resync":
    case "thread_someone_is_writing":
    case "error":
      return state;
  }
}

function isDeleted<Whole extends object, Deleted extends { deleted: true }>(
  data: Whole | Deleted,
): data is Deleted {
  return "deleted" in data && data.deleted === true;
}

function withEntry<T>(known: ReadonlyMap<number, T>, id: number, value?: T): ReadonlyMap<number, T> {
  const changed = new Map(known);
  if (value === undefined) changed.delete(id);
  else changed.set(id, value);
  return changed;
}

/** Changes the messages of a thread, if it was opened. */
function onMessages(
  state: ClientState,
  thread: number,
  change: (known: readonly Message[]) => readonly Message[],
): ClientState {
  const known = state.messages.get(thread);
  return known === undefined
    ? state
    : { ...state, messages: withEntry(state.messages, thread, change(known)) };
}

/** Replaces a known message and adds a newer one; ignores an older one, which was never loaded. */
function placed(known: readonly Message[], message: Message): readonly Message[] {
  const newest = known.at(-1);
  if (newest === undefined || newest.id < message.id) return [...known, message];
  return known.map((one) => (one.id === message.id ? { ...one, ...message } : one));
}

function without(known: readonly Message[], id: number): readonly Message[] {
  return known.filter((message) => message.id !== id);
}

/** Read messages stay read, so that it does not matter how much was known before. */
function read(
  state: ClientState,
  { thread: id, unread, read }: Extract<Push, { message: "unread_changed" }>["data"],
): ClientState {
  const isRead = ({ id }: Message) => read?.some(([first, last]) => first <= id && id <= last) === true;
  const seen = (message: Message) =>
    message.is_read || !isRead(message) ? message : { ...message, is_read: true };
  const told = onMessages(state, id, (known) => known.map(seen));
  const thread = state.threads.get(id);
  if (thread === undefined) return told;
  const last = thread.last_message_data;
  const changed = { ...thread, unread, last_message_data: last === null ? null : seen(last) };
  return { ...told, threads: withEntry(state.threads, id, changed) };
}
