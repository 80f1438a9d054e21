import type { Written } from "../../log/publish.ts";
import type { RowVersions } from "../../realtime/watched.ts";
import type { MessageRow } from "../view/message.ts";
import type { NewMessage, ThreadChange } from "./threadChange.ts";
import type { Committed } from "./writeChange.ts";

/** What is shown of an event of a thread, besides the event: the message that is new, and how the commit saw the rest. */
export interface Said {
  message: MessageRow | null;
  rowVersions: RowVersions | null;
}

/** The events of a change as the log now has them, with the messages that are new. */
export function writtenEvents(
  threadId: number,
  change: ThreadChange,
  committed: Committed,
  rowVersions: RowVersions | null,
): Written<Said>[] {
  const { events, messages = [] } = change;
  const before = committed.event_seq - events.length;
  return events.map(({ type, user_id = null, data = {}, message_new }, index) => {
    const message =
      message_new === undefined
        ? null
        : writtenMessage(threadId, messages[message_new]!, committed, message_new);
    const event = {
      seq: before + index + 1,
      user_id,
      type,
      data: message === null ? data : { ...data, message: message.id },
      created: committed.now,
    };
    return { event, shown: { message, rowVersions } };
  });
}

/** A new message as it now stands in the database. */
export function writtenMessage(
  threadId: number,
  message: NewMessage,
  committed: Committed,
  index: number,
): MessageRow {
  const { id, seq } = committed.messages[index]!;
  return {
    id,
    seq,
    thread_id: threadId,
    sender_id: message.sender_id,
    type: message.type,
    text: message.text,
    meta: message.meta,
    client_id: message.client_id ?? null,
    related_question: message.related_question ?? null,
    predecessor: message.predecessor ?? null,
    run_id: message.run_id ?? null,
    run_role: message.run_role ?? null,
    answers: [...(message.answers ?? [])],
    passed: message.passed ?? [],
    created: committed.now,
    updated: committed.now,
    deleted: null,
  };
}
