import type { Attachment } from "@colloquy/protocol";
import type { MessageRow } from "./message.ts";
import type { Viewer } from "./visibility.ts";

/** Shows what is attached to messages, with links to files that only this viewer may follow. */
export interface ShowAttachments {
  show(message: Pick<MessageRow, "id" | "attachments">, viewer: Viewer): Attachment[];
}
