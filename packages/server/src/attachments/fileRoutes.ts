import { denied, notFound, refused, texts } from "@colloquy/protocol";
import { type TSchema, Type } from "typebox";
import type { SeeDeps } from "../conversation/context.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import { hiddenFrom, type Viewer } from "../conversation/view/visibility.ts";
import type { Queryable } from "../database/database.ts";
import { defineResource, reply } from "../http/index.ts";
import { readRange } from "../http/range.ts";
import type { Caller, FindCaller } from "../policies/caller.ts";
import type { Policies } from "../policies/policies.ts";
import type { Storage } from "../storage/storage.ts";
import { IMAGE_TYPES } from "./images.ts";
import type { Links } from "./links.ts";
import { type AttachedFile, findFile } from "./queries.ts";
import { BUILT_IN_TYPES } from "./types.ts";

/** What it takes to give files to who has a link to them. */
export interface FileRouteDeps extends SeeDeps {
  db: Queryable;
  storage: Storage;
  links: Pick<Links, "read">;
  policies: Pick<Policies, "attachmentObject">;
  /** Who a viewer is now; without it, the link tells whether they are a superuser. */
  findCaller: FindCaller | null;
}

/** The beginning of links to files, below the prefix. */
export const FILES_PATH = "/files";

/** Nothing in a file may run or load anything, wherever it is opened. */
const POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

const File = Type.Unsafe<TSchema>({
  description: "The file, or the part of it that was asked for",
  content: { "*/*": { schema: { type: "string", format: "binary" } } },
});

/** Files, for those whom the link is for, and only while they still may see what it is attached to. */
export function fileResources(deps: FileRouteDeps) {
  async function fileFor(id: number | null, query: Readonly<Record<string, string>>): Promise<AttachedFile> {
    const linked = id === null ? null : deps.links.read(id, query);
    const viewer = linked === null ? null : await viewerNow(linked);
    if (viewer === null) throw denied();
    const file = await findFile(deps.db, id!);
    if (file === null || !(await maySee(viewer, file))) throw denied();
    return file;
  }

  async function viewerNow({ id, isSuperuser }: Viewer): Promise<Caller | null> {
    if (deps.findCaller === null) return { id, isSuperuser, language: null, timeZone: null };
    const now = await deps.findCaller(id);
    return now === null ? null : { ...now, isSuperuser: now.isSuperuser && isSuperuser };
  }

  async function maySee(
    viewer: Caller,
    { thread_id, message_id, attachment_id }: AttachedFile,
  ): Promise<boolean> {
    const hidden = hiddenFrom(deps.settings, viewer);
    const view = await deps.views.find(thread_id, viewer.id, hidden);
    if (view === null) return false;
    const params = { thread_id, message_id, id: attachment_id };
    if (!(await deps.policies.attachmentObject(viewer, { method: "GET", params, view }))) return false;
    return (await findMessage(deps.db, thread_id, message_id, viewer.id, hidden)) !== null;
  }

  return [
    defineResource({
      path: `${FILES_PATH}/:id`,
      params: { id: "id" },
      tags: ["attachments"],
      policy: "public",
      methods: {
        GET: {
          summary: "Get a file",
          description:
            "By the link that an attachment was shown with, which is signed for one reader and expires after minutes. That reader must still be able to see the message.",
          query: Type.Object({
            viewer: Type.Optional(Type.String({ description: "The id of the user for whom the link is" })),
            rights: Type.Optional(
              Type.String({ description: "Whether that user was a superuser: `all` or `own`" }),
            ),
            expires: Type.Optional(
              Type.Integer({ description: "The time when the link expires, in seconds since 1970" }),
            ),
            signature: Type.Optional(Type.String({ description: "The signature of the link" })),
          }),
          headers: Type.Object({
            range: Type.Optional(Type.String({ description: "The part to return: `bytes=0-99`" })),
          }),
          response: { 200: File, 206: File },
          refuses: [403, 416],
          handle: async ({ params, query, request }) => {
            const file = await fileFor(params.id, query);
            const range = request.method === "GET" ? readRange(request.headers.range) : null;
            const part = range === null ? null : partOf(range, file.size);
            const bytes = await deps.storage.read(file.key, part ?? undefined);
            // Its attachment has just been removed, or the storage lost it.
            if (bytes === null) throw notFound();
            const length = part === null ? file.size : part.end - part.start + 1;
            const headers = { ...headersOf(params.id!, file), "content-length": String(length) };
            if (part === null) return reply(200, bytes, headers);
            const place = `bytes ${part.start}-${part.end}/${file.size}`;
            return reply(206, bytes, { ...headers, "content-range": place });
          },
        },
      },
    }),
  ];
}

function partOf({ start, end }: { start: number; end: number | null }, size: number) {
  if (start >= size) throw refused(416, texts.rangeNotSatisfiable, { "content-range": `bytes */${size}` });
  return { start, end: Math.min(end ?? size, size - 1) };
}

/** Only pictures that we wrote ourselves are displayed; what else a host takes in is downloaded. */
function headersOf(id: number, { type, media_type }: AttachedFile): Record<string, string> {
  const isPicture = BUILT_IN_TYPES.includes(type) && IMAGE_TYPES.includes(media_type);
  const name = isPicture ? `picture-${id}.${media_type.split("/")[1]}` : `file-${id}`;
  return {
    "content-type": media_type,
    "content-disposition": `${isPicture ? "inline" : "attachment"}; filename="${name}"`,
    "content-security-policy": POLICY,
    "cross-origin-resource-policy": "cross-origin",
    "accept-ranges": "bytes",
  };
}
