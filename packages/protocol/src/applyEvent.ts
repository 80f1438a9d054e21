import type { Push } from "./shapes/frames.ts";
import type { Message } from "./shapes/message.ts";
import type { Survey } from "./shapes/survey.ts";
import type { Thread, ThreadDetail } from "./shapes/thread.ts";

/** What one person's client knows: fetched once, and kept current by what is pushed. */
export interface ClientState {
  threads: ReadonlyMap<number, KnownThread>;
  /** Of each thread that was opened: its newest messages by id, from some message on without a gap. */
  messages: ReadonlyMap<number, readonly Message[]>;
  surveys: ReadonlyMap<number, Survey>;
}

/** Lists have no `variables_pool`; a thread alone has it, and so has every push. */
export type KnownThread = Thread & Partial<Pick<ThreadDetail, "variables_pool">>;

export const NOTHING_KNOWN: ClientState = { threads: new Map(), messages: new Map(), surveys: new Map() };

/**
 * The state after a push: what a client would fetch now that has fetched the old one and been told all since. The old
 * state is left as it was, and the same state comes back where the push changes nothing. After `resync` and `hello`
 * it is for the caller to fetch anew; being told twice changes nothing.
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

/** Changes what is known of a thread's messages; a thread that was never opened stays so. */
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

/** A message that is known is replaced, a newer one added; an older one was never loaded. */
function placed(known: readonly Message[], message: Message): readonly Message[] {
  const newest = known.at(-1);
  if (newest === undefined || newest.id < message.id) return [...known, message];
  return known.map((one) => (one.id === message.id ? { ...one, ...message } : one));
}

function without(known: readonly Message[], id: number): readonly Message[] {
  return known.filter((message) => message.id !== id);
}

/** What was read stays read, so that it does not matter how much of it was told before. */
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
