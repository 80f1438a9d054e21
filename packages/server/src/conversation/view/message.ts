import type { Json } from "@colloquy/engine";
import type { UserId } from "@colloquy/protocol";
import type { AttachmentRow } from "./attachment.ts";

/** A message as stored. */
export interface MessageRow {
  id: number;
  thread_id: number;
  seq: number;
  sender_id: UserId | null;
  type: string;
  text: string;
  meta: Json;
  /** For its sender only. */
  client_id: string | null;
  related_question: number | null;
  predecessor: number | null;
  run_id: number | null;
  run_role: "question" | "answer" | null;
  answers: number[];
  passed: number[];
  created: string;
  updated: string;
  deleted: string | null;
  /** Null where there are none. */
  attachments: AttachmentRow[] | null;
}

/** A message and whether its viewer had read it. */
export interface SeenMessage extends MessageRow {
  is_read: boolean;
}
