import type { Attachment } from "@colloquy/protocol";
import type { AttachmentRow, FileRole } from "../conversation/view/attachment.ts";
import type { ShowAttachments } from "../conversation/view/showAttachments.ts";
import type { Links } from "./links.ts";
import { type AttachmentTypes, ownType } from "./types.ts";

/** Shows attachments with links to their files, and those of the host's types as its hooks say. */
export function openAttachmentView(links: Pick<Links, "to">, types: AttachmentTypes): ShowAttachments {
  return {
    show: ({ id: message, attachments }, viewer) =>
      (attachments ?? []).map((row) => {
        const own = ownType(types, row.type);
        const shown = shape(row, message, (file) => links.to(file, viewer));
        const context = { user: viewer, message };
        return {
          ...shown,
          ...(own?.src === undefined ? {} : { src: own.src(shown, context) }),
          ...(own?.thumbnailOf === undefined ? {} : { thumbnail: own.thumbnailOf(shown, context) }),
        };
      }),
  };
}

function shape(row: AttachmentRow, message: number, linkTo: (file: number) => string): Attachment {
  const [content, thumbnail] = [fileOf(row, "content"), fileOf(row, "thumbnail")];
  return {
    id: row.id,
    message,
    type: row.type,
    title: row.title,
    description: row.description,
    src: content === undefined ? row.src : linkTo(content.id),
    thumbnail:
      thumbnail === undefined
        ? null
        : { src: linkTo(thumbnail.id), width: thumbnail.width!, height: thumbnail.height! },
    options: row.options,
    object_id: row.object_id,
    content_type: row.content_type,
    content_type_name: typeof row.content_type === "string" ? row.content_type : null,
  };
}

export function fileOf({ files }: Pick<AttachmentRow, "files">, role: FileRole) {
  return files.find((file) => file.role === role);
}
