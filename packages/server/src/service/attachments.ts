import type { Readable } from "node:stream";
import { type Attachment, notFound, type UserId } from "@colloquy/protocol";
import { attachmentOf, detach } from "../attachments/change.ts";
import { type AttachmentDeps, addAttachment, editAttachment } from "../attachments/edit.ts";
import type { SentAttachment } from "../attachments/fields.ts";
import { findFile } from "../attachments/queries.ts";
import { fileOf } from "../attachments/show.ts";
import type { FileRole } from "../conversation/view/attachment.ts";
import { asUser, type Host } from "./host.ts";

/** What is attached to messages. */
export interface AttachmentService {
  /** What is attached to a message, with links to files for this user. */
  list(thread: number, message: number, user: UserId): Promise<Attachment[]>;
  get(thread: number, message: number, attachment: number, user: UserId): Promise<Attachment>;
  /** Attaches something to anybody's message. */
  add(thread: number, message: number, draft: AttachmentDraft): Promise<Attachment>;
  /** Changes what is given, of anybody's attachment. */
  edit(thread: number, message: number, attachment: number, draft: AttachmentDraft): Promise<Attachment>;
  remove(thread: number, message: number, attachment: number): Promise<void>;
  /** The file of an attachment, or its thumbnail. @throws 404 where it has none */
  read(thread: number, message: number, attachment: number, role?: FileRole): Promise<StoredFile>;
}

/** An attachment to be made. Which parts it needs depends on its type. */
export type AttachmentDraft = Omit<SentAttachment, "file">;

export interface StoredFile {
  media_type: string;
  size: number;
  bytes: Readable;
}

const NO_UPLOADS = new Map<string, never>();

export function attachmentService(deps: AttachmentDeps, host: Host): AttachmentService {
  return {
    async list(thread, message, user) {
      const viewer = asUser(host.user(user));
      return deps.attachments.show(await host.message(thread, message, viewer), viewer);
    },
    async get(thread, message, attachment, user) {
      const viewer = asUser(host.user(user));
      const row = attachmentOf(await host.message(thread, message, viewer), attachment);
      return deps.attachments.show({ id: message, attachments: [row] }, viewer)[0]!;
    },
    async add(thread, message, draft) {
      const view = await host.view(thread);
      const row = await addAttachment(deps, view, host.author, message, draft, NO_UPLOADS);
      return deps.attachments.show({ id: message, attachments: [row] }, host.caller)[0]!;
    },
    async edit(thread, message, id, draft) {
      const view = await host.view(thread);
      const row = await editAttachment(deps, view, host.author, { message, id }, draft, NO_UPLOADS);
      return deps.attachments.show({ id: message, attachments: [row] }, host.caller)[0]!;
    },
    async remove(thread, message, id) {
      await detach(deps, await host.view(thread), host.author, { message, id });
    },
    async read(thread, message, id, role = "content") {
      const file = fileOf(attachmentOf(await host.message(thread, message, host.caller), id), role);
      const stored = file === undefined ? null : await findFile(deps.db, file.id);
      const bytes = stored === null ? null : await deps.storage.read(stored.key);
      if (stored === null || bytes === null) throw notFound();
      return { media_type: stored.media_type, size: stored.size, bytes };
    },
  };
}
