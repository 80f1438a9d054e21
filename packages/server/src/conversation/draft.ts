import type { Json } from "@colloquy/engine";
import type { NewAttachment } from "./change/threadChange.ts";
import type { SeenMessage } from "./view/message.ts";
import type { ThreadView } from "./view/view.ts";

/** A message as its author sends it. */
export interface Draft {
  text: string;
  type: string;
  meta: Json;
  answers: number[];
  /** The question that is answered: where the front end controls the run it must be named. */
  question: number | null;
  /** The message that showed this question. */
  related_message: number | null;
  break_state: boolean;
  client_id: string | null;
  language: string | null;
  /** Their files are in the storage already. */
  attachments: readonly NewAttachment[];
}

/** What a post led to: the message (null for a confirmation) and the author's view of the thread. */
export interface Posted {
  message: SeenMessage | null;
  view: ThreadView;
  /** All that is new in the thread, in order. */
  news: SeenMessage[];
  /** False where the same `client_id` had posted it before. */
  created: boolean;
}
