import { type ApiError, Attachment, notFound, type UserId } from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { authorOf, type SeeDeps, threadContext } from "../conversation/context.ts";
import type { AttachmentRow } from "../conversation/view/attachment.ts";
import type { SeenMessage } from "../conversation/view/message.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { defineResource, NoContent, parsePage, reply } from "../http/index.ts";
import type { Caller } from "../policies/caller.ts";
import { attachmentOf, detach } from "./change.ts";
import { type AttachmentDeps, addAttachment, editAttachment } from "./edit.ts";
import { AttachmentBody } from "./fields.ts";

/** What it takes to serve what is attached to messages. */
export interface AttachmentRouteDeps extends AttachmentDeps, SeeDeps {
  views: AttachmentDeps["views"];
  settings: AttachmentDeps["settings"];
}

/** What is attached to a message: list, attach, one at a time. */
export function attachmentResources(deps: AttachmentRouteDeps) {
  const { db, settings } = deps;

  async function messageContext(call: MessageCall): Promise<MessageContext | ApiError> {
    const context = await threadContext(deps, call);
    if (context instanceof Error) return context;
    const { caller, params } = call;
    const hidden = hiddenFrom(settings, caller);
    const message =
      params.message_id === null
        ? null
        : await findMessage(db, context.view.id, params.message_id, caller.id, hidden);
    return { ...context, message, ...(message === null ? {} : { sender: message.sender_id }) };
  }

  function shown(message: number, rows: AttachmentRow[] | null, viewer: Caller): Attachment[] {
    return deps.attachments.show({ id: message, attachments: rows }, viewer);
  }

  const list = defineResource({
    path: "/threads/:thread_id/messages/:message_id/attachments",
    params: { thread_id: "id", message_id: "id" },
    tags: ["attachments"],
    policy: "attachmentsList",
    context: messageContext,
    methods: {
      GET: {
        summary: "List a message's attachments",
        description:
          "All attachments, or a page of them if `limit` is given. Requires permission 16 (read the thread).",
        query: Type.Object({
          limit: Type.Optional(
            Type.Integer({ description: "The maximum number of results; by default all" }),
          ),
          offset: Type.Optional(
            Type.Integer({ description: "The number of results to skip, if `limit` is given" }),
          ),
        }),
        response: { 200: Type.Array(Attachment, { description: "The attachments" }) },
        handle: ({ caller, context, query }) => {
          const { id, attachments } = existing(context);
          const page = query.limit === undefined ? { limit: undefined, offset: 0 } : parsePage(query);
          const all = shown(id, attachments, caller).slice(page.offset);
          return page.limit === undefined ? all : all.slice(0, page.limit);
        },
      },
      POST: {
        summary: "Attach something to a message",
        description:
          "Only to one's own message. A file is sent in base64, or as a file of a form. Requires permission 2 (create messages).",
        body: AttachmentBody,
        takesFiles: true,
        example: { body: { type: "youtube", url: "https://youtu.be/dQw4w9WgXcQ", title: "A song" } },
        response: { 201: Attachment },
        handle: async ({ caller, context, body, request, allows }) => {
          const { id } = existing(context);
          const author = authorOf(caller, allows);
          const row = await addAttachment(deps, context.view, author, id, body, request.uploads);
          return reply(201, shown(id, [row], caller)[0]);
        },
      },
    },
  });

  const edit = {
    summary: "Change an attachment",
    description:
      "Only of one's own message. Fields that are not given stay as they are; so does the file. Requires permission 4 (edit messages).",
    body: AttachmentBody,
    partial: true as const,
    takesFiles: true,
    example: { body: { title: "A song" } },
    response: { 200: Attachment },
  };

  async function edited({ caller, context, params, body, request, allows }: EditCall) {
    const message = existing(context);
    const { id } = attachmentOf(message, params.id);
    const author = authorOf(caller, allows);
    const at = { message: message.id, id };
    const row = await editAttachment(deps, context.view, author, at, body, request.uploads);
    return shown(message.id, [row], caller)[0];
  }

  const one = defineResource({
    path: "/threads/:thread_id/messages/:message_id/attachments/:id",
    params: { thread_id: "id", message_id: "id", id: "id" },
    tags: ["attachments"],
    policy: "attachmentObject",
    context: messageContext,
    methods: {
      GET: {
        summary: "Get an attachment",
        description: "Requires permission 16 (read the thread).",
        response: { 200: Attachment },
        handle: ({ caller, context, params }) => {
          const message = existing(context);
          return shown(message.id, [attachmentOf(message, params.id)], caller)[0];
        },
      },
      PUT: { ...edit, handle: edited },
      PATCH: { ...edit, handle: edited },
      DELETE: {
        summary: "Remove an attachment",
        description: "Only of one's own message, with its files. Requires permission 4 (edit messages).",
        response: { 204: NoContent },
        handle: async ({ caller, context, params, allows }) => {
          const message = existing(context);
          const { id } = attachmentOf(message, params.id);
          await detach(deps, context.view, authorOf(caller, allows), { message: message.id, id });
          return reply(204);
        },
      },
    },
  });

  return [list, one];
}

interface MessageCall {
  caller: Caller;
  params: { thread_id: number | null; message_id: number | null };
}

interface MessageContext {
  view: ThreadView;
  message: SeenMessage | null;
  /** Left out where there is no such message. */
  sender?: UserId | null;
}

interface EditCall {
  caller: Caller;
  context: MessageContext;
  params: { id: number | null };
  body: Parameters<typeof editAttachment>[4];
  request: FastifyRequest;
  allows(changed: Partial<MessageContext>): Promise<boolean>;
}

function existing({ message }: MessageContext): SeenMessage {
  if (message === null) throw notFound();
  return message;
}
