import { isDeepStrictEqual } from "node:util";
import { invalid, notFound, texts } from "@colloquy/protocol";
import { type Author, type ChangeDeps, changeThread } from "../conversation/change/changeThread.ts";
import type { NewAttachment } from "../conversation/change/threadChange.ts";
import type { AttachmentRow } from "../conversation/view/attachment.ts";
import type { SeenMessage } from "../conversation/view/message.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { discardFiles, type FileDeps } from "./files.ts";

/** What it takes to change what is attached to a message. */
export interface AttachDeps extends ChangeDeps, FileDeps {}

/** What is attached to one message, at most. */
export const MOST_ATTACHMENTS = 20;

/** Where an attachment is. */
export interface At {
  message: number;
  id: number;
}

const updated = (message: number) => [{ type: "message_updated", data: { message } }];

export function attach(
  deps: AttachDeps,
  view: ThreadView,
  author: Author,
  message: number,
  attachment: NewAttachment,
): Promise<AttachmentRow> {
  return changeThread<AttachmentRow>(deps, view, author, async (current) => {
    const { attachments } = await messageOf(deps, current, author, message);
    if ((attachments ?? []).length >= MOST_ATTACHMENTS)
      throw invalid({ non_field_errors: [texts.listTooLong(MOST_ATTACHMENTS)] });
    return {
      change: { attach: { message, attachment }, events: updated(message) },
      done: (committed) => ({ ...attachment, id: committed.attachments[0]! }),
    };
  });
}

/**
 * Puts another in place of an attachment; files that it has no more are removed. Null where it is not as it was when
 * this was made of it.
 */
export async function reattach(
  deps: AttachDeps,
  view: ThreadView,
  author: Author,
  { message, stored }: { message: number; stored: AttachmentRow },
  attachment: NewAttachment,
): Promise<AttachmentRow | null> {
  const { id } = stored;
  const row = await changeThread<AttachmentRow | null>(deps, view, author, async (current) => {
    const now = await storedAt(deps, current, author, { message, id });
    if (!isDeepStrictEqual(now, stored)) return { result: null };
    return {
      change: { reattach: { id, message, attachment }, events: updated(message) },
      done: () => ({ ...attachment, id }),
    };
  });
  if (row !== null) await discardFiles(deps, idsOf(stored));
  return row;
}

export async function detach(
  deps: AttachDeps,
  view: ThreadView,
  author: Author,
  { message, id }: At,
): Promise<void> {
  const before = await changeThread<AttachmentRow>(deps, view, author, async (current) => {
    const stored = await storedAt(deps, current, author, { message, id });
    return { change: { detach: { id, message }, events: updated(message) }, done: () => stored };
  });
  await discardFiles(deps, idsOf(before));
}

const idsOf = ({ files }: AttachmentRow) => files.map(({ id }) => id);

async function storedAt(deps: AttachDeps, view: ThreadView, author: Author, at: At): Promise<AttachmentRow> {
  return attachmentOf(await messageOf(deps, view, author, at.message), at.id);
}

/** @throws 404 where the message has no such attachment */
export function attachmentOf({ attachments }: SeenMessage, id: number | null): AttachmentRow {
  const found = attachments?.find((attachment) => attachment.id === id);
  if (found === undefined) throw notFound();
  return found;
}

/** @throws 404 where it was deleted meanwhile, or is hidden */
async function messageOf(
  { db, settings }: AttachDeps,
  view: ThreadView,
  { viewer }: Author,
  id: number,
): Promise<SeenMessage> {
  const message = await findMessage(db, view.id, id, viewer.id, hiddenFrom(settings, viewer));
  if (message === null) throw notFound();
  return message;
}
