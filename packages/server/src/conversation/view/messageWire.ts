import type { Account, Message } from "@colloquy/protocol";
import type { MessageRow } from "./message.ts";

/** A message as a viewer sees it. */
export function toMessage(
  row: MessageRow,
  viewer: number,
  isRead: boolean,
  accounts: ReadonlyMap<number, Account>,
): Message {
  const { sender_id } = row;
  return {
    id: row.id,
    thread: row.thread_id,
    sender: sender_id,
    sender_data: sender_id === null ? null : accounts.get(sender_id)!,
    text: row.text,
    type: row.type,
    meta: row.meta,
    created: row.created,
    updated: row.updated,
    related_question: row.related_question,
    has_attachments: false,
    attachments_data: [],
    is_own: sender_id === viewer,
    is_read: isRead,
    client_id: sender_id === viewer ? row.client_id : null,
  };
}
