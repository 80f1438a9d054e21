import type { Json } from "@colloquy/engine";

/** What is attached to a message, as stored. */
export interface AttachmentRow {
  id: number;
  type: string;
  title: string;
  description: string;
  src: string | null;
  options: Json;
  object_id: number | null;
  content_type: Json;
  files: FileRow[];
}

export interface FileRow {
  id: number;
  role: FileRole;
  media_type: string;
  size: number;
  width: number | null;
  height: number | null;
}

export type FileRole = "content" | "thumbnail";

/** What is attached to message `x`: null for the many to which nothing is, so that nothing is looked for. */
export const ATTACHMENTS = `case when x.has_attachments then (
    select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'type', a.type, 'title', a.title,
      'description', a.description, 'src', a.src, 'options', a.options, 'object_id', a.object_id,
      'content_type', a.content_type, 'files', (
        select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'role', f.role, 'media_type', f.media_type,
          'size', f.size, 'width', f.width, 'height', f.height) order by f.role), '[]')
        from file f where f.attachment_id = a.id)) order by a.id), '[]')
    from attachment a where a.message_id = x.id) end as attachments`;
