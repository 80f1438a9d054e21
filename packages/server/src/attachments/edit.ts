import { invalid, notFound, refused } from "@colloquy/protocol";
import type { Author } from "../conversation/change/changeThread.ts";
import type { AttachmentRow } from "../conversation/view/attachment.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import type { ShowAttachments } from "../conversation/view/showAttachments.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import type { Received } from "../storage/incoming.ts";
import { type AttachDeps, attach, attachmentOf, reattach } from "./change.ts";
import type { SentAttachment } from "./fields.ts";
import { type PrepareDeps, type Prepared, prepareAll, type Sending, unlessRefused } from "./prepare.ts";

/** What it takes to make attachments of what was sent, and to attach them. */
export interface AttachmentDeps extends AttachDeps, PrepareDeps {
  settings: AttachDeps["settings"] & PrepareDeps["settings"];
  attachments: ShowAttachments;
}

/** The files of a request, by their hash. */
export type Uploads = ReadonlyMap<string, Received>;

/** An edit is made anew this often where the attachment is another meanwhile. */
const MAX_TRIES = 10;

/** Adds an attachment to a message. */
export async function addAttachment(
  deps: AttachmentDeps,
  view: ThreadView,
  author: Author,
  message: number,
  sent: SentAttachment,
  uploads: Uploads,
): Promise<AttachmentRow> {
  const sending = { user: author.viewer, thread: view.id, message, existing: null, stored: null, uploads };
  return unlessRefused(await prepared(deps, sent, sending), ([attachment]) =>
    attach(deps, view, author, message, attachment!),
  );
}

/** Changes what of an attachment was sent; a file is only needed where there is to be another. */
export async function editAttachment(
  deps: AttachmentDeps,
  view: ThreadView,
  author: Author,
  { message, id }: { message: number; id: number },
  sent: SentAttachment,
  uploads: Uploads,
): Promise<AttachmentRow> {
  const { viewer } = author;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await findMessage(deps.db, view.id, message, viewer.id, hiddenFrom(deps.settings, viewer));
    if (found === null) throw notFound();
    const stored = attachmentOf(found, id);
    const [existing] = deps.attachments.show({ id: message, attachments: [stored] }, viewer);
    const sending = { user: viewer, thread: view.id, message, existing: existing!, stored, uploads };
    const row = await unlessRefused(await prepared(deps, sent, sending), ([attachment]) =>
      reattach(deps, view, author, { message, stored }, attachment!),
    );
    if (row !== null) return row;
  }
  throw refused(503, "The attachment is too busy. Try again.", { "retry-after": "1" });
}

async function prepared(deps: PrepareDeps, sent: SentAttachment, sending: Sending): Promise<Prepared> {
  const made = await prepareAll(deps, [sent], sending);
  if ("problems" in made) throw invalid(made.problems[0]!);
  return made;
}
