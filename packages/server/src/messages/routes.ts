import {
  type ApiError,
  Bool,
  denied,
  type FieldErrors,
  fields,
  JsonField,
  ListOf,
  Message,
  MessageVersion,
  Nested,
  notFound,
  Page,
  Pk,
  PostedMessage,
  Text,
  texts,
  type UserId,
  Uuid,
} from "@colloquy/protocol";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { MOST_ATTACHMENTS } from "../attachments/change.ts";
import { AttachmentFields, type SentAttachment } from "../attachments/fields.ts";
import { fieldProblems } from "../attachments/prepare.ts";
import type { Author } from "../conversation/change/changeThread.ts";
import { readMessages, readUpTo } from "../conversation/change/markRead.ts";
import { authorOf, threadContext } from "../conversation/context.ts";
import type { Draft, Posted } from "../conversation/draft.ts";
import type { SeenMessage } from "../conversation/view/message.ts";
import { findMessage, lastMessages } from "../conversation/view/messageQueries.ts";
import { ofThreadType } from "../conversation/view/threadTypes.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import type { CachedView } from "../conversation/view/viewCache.ts";
import { hiddenFrom, isHidden } from "../conversation/view/visibility.ts";
import {
  constantPart,
  currentQuestion,
  movingPart,
  onlyFields,
  readsMessages,
  type ShowDeps,
  sharedPart,
  showsLast,
  toMessage,
} from "../conversation/view/wire.ts";
import type { Compat } from "../http/compat.ts";
import {
  asksFor,
  defineResource,
  JsonText,
  listQuery,
  NoContent,
  pageOf,
  parseFilters,
  parsePage,
  reply,
  withMembers,
} from "../http/index.ts";
import type { PageLimits } from "../http/pagination.ts";
import type { Caller } from "../policies/caller.ts";
import type { Policies, Replacements } from "../policies/policies.ts";
import { ANSWERS_PATH } from "../runs/arrivals.ts";
import type { Attempt, InFlight } from "../runs/inFlight.ts";
import { MOST_ANSWERS } from "../schemas/answerRules.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { deleteMessage, type EditDeps, editMessage } from "./edit.ts";
import { draftErrors } from "./judge.ts";
import { type PostDeps, postAtOnce, postMessage } from "./post.ts";
import { findVersions, listMessages, MESSAGE_LIST, threadOfMessage } from "./queries.ts";
import { type WithAttachmentsDeps, withAttachments } from "./withAttachments.ts";

/** What it takes to serve messages. */
export interface MessageDeps extends PostDeps, EditDeps, ShowDeps, WithAttachmentsDeps {
  inFlight: InFlight;
  policies: Policies;
  schemas: Pick<SchemaStore, "forget" | "get" | "ofQuestion">;
  settings: PostDeps["settings"] &
    WithAttachmentsDeps["settings"] &
    ShowDeps["settings"] & { pagination: PageLimits; policies?: Replacements | undefined };
}

/** What a message is posted with. */
export function newMessage({ compat }: Compat) {
  const description = "The type of the message: `message`, or any word of the host";
  return fields(
    {
      text: Text({
        blank: true,
        nullable: true,
        required: false,
        description: "The text of the message or answer",
      }),
      type: compat
        ? Text({ maxLength: 50, description })
        : Text({ maxLength: 50, default: "message", description }),
      meta: JsonField({ nullable: true, required: false, description: "Any JSON, stored with the message" }),
      answers: ListOf(Pk(), {
        required: false,
        nullable: true,
        maxItems: MOST_ANSWERS,
        description: "The ids of the chosen options, for a question with options",
      }),
      question: Pk({
        nullable: true,
        required: false,
        description:
          "The id of the question that this answers. The request is refused if it is not the current one",
      }),
      related_message: Pk({
        nullable: true,
        required: false,
        description: "The id of the message that showed the question; distinguishes the rounds of a loop",
      }),
      break_state: Bool({
        required: false,
        description:
          "Puts all scripted members into the state `open`. Requires permission 1024 (break a scripted state)",
      }),
      client_id: Uuid({
        nullable: true,
        required: false,
        description: "An id chosen by the client. A second message with the same id is not posted",
      }),
      language: Text({
        maxLength: 35,
        nullable: true,
        required: false,
        description: "The language of `text`, as a language tag (BCP 47)",
      }),
      attachments: ListOf(Nested(AttachmentFields), {
        required: false,
        nullable: true,
        maxItems: MOST_ATTACHMENTS,
        description: "What is attached to the message",
      }),
      file: ListOf(Text(), {
        required: false,
        nullable: true,
        maxItems: MOST_ATTACHMENTS,
        description: "Pictures to attach, as files of `multipart/form-data`",
      }),
      send_at: Text({ nullable: true, required: false, undocumented: true }),
    },
    { title: "NewMessage", description: "A message, or the answer to a question" },
  );
}

/** What of a message can be changed. */
export const MessageEdit = fields(
  {
    text: Text({ blank: true, nullable: true, required: false, description: "The new text" }),
    meta: JsonField({
      nullable: true,
      required: false,
      description: "Any JSON; replaces the earlier value",
    }),
  },
  { title: "MessageEdit", description: "Changes to a message; omitted fields stay as they are" },
);

/** Messages of a thread: list, post, one at a time, and what is read. */
export function messageResources(deps: MessageDeps) {
  const { settings } = deps;
  const New = newMessage(settings);
  const limits = Object.values(settings.threadTypes).some(({ messageFields }) => messageFields !== undefined);
  const Answer = limits
    ? Type.Partial(PostedMessage, {
        title: "PostedMessage",
        description: "A posted message, with the fields that its type of thread allows",
      })
    : PostedMessage;
  async function toWire(rows: readonly SeenMessage[], viewer: Caller, query: Record<string, string>) {
    const accounts = await deps.people.show(rows.flatMap((row) => row.sender_id ?? []));
    const withAnswers = asksFor(query, "answers");
    return rows.map((row) => ({
      ...toMessage(deps, row, viewer, row.is_read, accounts),
      ...(withAnswers ? { answers: row.answers } : {}),
    }));
  }

  const list = defineResource({
    path: ANSWERS_PATH,
    params: { thread_id: "id" },
    absent: 403,
    tags: ["messages"],
    policy: "messagesList",
    context: async (call): Promise<ListContext | ApiError> =>
      (call.method === "POST" && (await cachedContext(call))) || threadContext(deps, call),
    methods: {
      GET: {
        summary: "List a thread's messages",
        description:
          "In ascending order. Listed messages are marked as read; this response still has `is_read: false`. Requires permission 1 (read messages).",
        query: listQuery(MESSAGE_LIST.filters, MESSAGE_LIST.order, { keyset: true, search: true }),
        response: { 200: Page(Message) },
        handle: async ({ caller, context: { view }, query, url }) => {
          const page = parsePage(query, settings.pagination);
          const filters = parseFilters(
            query,
            MESSAGE_LIST.filters,
            MESSAGE_LIST.order,
            settings.accounts.ids,
          );
          const text = query.q?.trim() || null;
          const finds = text === null || ofThreadType(settings, view.type).indexed;
          const wanted = { ...page, ...filters, text };
          const hidden = hiddenFrom(settings, caller);
          const rows = finds ? await listMessages(deps.db, view.id, caller.id, hidden, wanted) : [];
          await readMessages(deps, view, caller.id, rows);
          return pageOf(await toWire(rows, caller, query), page, url);
        },
      },
      POST: {
        summary: "Post a message",
        description:
          "In a scripted state, this answers the current question: clients should send its id as `question`, and the message that showed it as `related_message`. The messages that follow from an answer are posted before the response. The response is 201 with the new message, 200 with the message that already has this `client_id`, or 204 for an answer without a message. Requires permission 2 (create messages).",
        body: New,
        example: { body: { text: "Hello from the API" } },
        takesFiles: true,
        response: { 200: Answer, 201: Answer, 204: NoContent },
        rules: async (call) => {
          const problems: FieldErrors = { ...unsupported(call.body), ...call.problems };
          if (Object.keys(problems).length === 0) return null;
          // The message is refused anyway: what else is wrong with it is told at once.
          const draft = readableDraft(call.body, problems);
          const attached = attachmentsOf(call.body).map((sent) =>
            fieldProblems(settings.attachments.types, sent),
          );
          if (attached.some((each) => Object.keys(each).length > 0)) problems.attachments ??= attached;
          return { ...(await draftErrors(deps, await viewToPost(call), draft)), ...problems };
        },
        handle: async (call) => {
          const { caller, context, body, request } = call;
          const attempt = deps.inFlight.attempt(request, caller.id);
          const draft = draftOf(body);
          const sent = attachmentsOf(body);
          const canBeAtOnce = sent.length === 0 ? context.known : undefined;
          const atOnce = canBeAtOnce && (await postAtOnce(deps, canBeAtOnce, draft, attempt));
          const posted = atOnce ?? (await postReading(call, draft, sent, attempt));
          if (posted.message === null) return reply(204);
          return reply(posted.created ? 201 : 200, await toPosted(caller, posted.message, posted));
        },
        mayRepeat: (call, answer) => mayRepeat(call, answer as PostedMessage),
      },
    },
  });

  /**
   * A cached view of a thread, for whoever may post there by it: whether it is still right, the commit tells. A host's
   * own policy may look at more than that.
   */
  async function cachedContext(call: PostCall): Promise<ListContext | null> {
    const { caller, params } = call;
    if (params.thread_id === null || settings.policies?.messagesList !== undefined) return null;
    const known =
      hiddenFrom(settings, caller).length > 0 ? null : deps.views.cached(params.thread_id, caller.id);
    return known !== null && (await mayPost(call, known.view)) ? { view: known.view, known } : null;
  }

  /** Posts on the thread as it is read now. */
  async function postReading(
    call: WholePostCall,
    draft: Draft,
    sent: readonly SentAttachment[],
    attempt: Attempt,
  ): Promise<Posted> {
    const author = authorOf(call.caller, call.allows);
    const view = await viewToPost(call);
    const post = (whole: Draft) => postMessage(deps, view, author, whole, attempt);
    return withAttachments(deps, view, author.viewer, draft, { sent, uploads: call.request.uploads }, post);
  }

  /** The thread as it is now, where the cached view does not do. */
  async function viewToPost(call: PostCall & { context: ListContext }): Promise<ThreadView> {
    if (!call.context.known) return call.context.view;
    const context = await threadContext(deps, call);
    if (context instanceof Error) throw context;
    if (!(await mayPost(call, context.view))) throw denied();
    return context.view;
  }

  /** The thread's newest message is all that an answer shows of others: without it, whoever may still post may see it. */
  async function mayRepeat(call: PostCall, { thread_data }: PostedMessage): Promise<boolean> {
    const context = await threadContext(deps, call);
    if (context instanceof Error) return false;
    const asked = { params: call.params, view: context.view };
    if (await deps.policies.messagesList(call.caller, { ...asked, method: "GET" })) return true;
    return thread_data?.last_message_data === null && mayPost(call, context.view);
  }

  async function mayPost({ caller, params }: PostCall, view: ThreadView): Promise<boolean> {
    return deps.policies.messagesList(caller, { method: "POST", params, view });
  }

  /** Written from the parts that pushes are made of, too. */
  async function toPosted(caller: Caller, message: SeenMessage, { view, news }: Posted): Promise<JsonText> {
    const hidden = hiddenFrom(settings, caller);
    const newest = news.findLast((message) => !isHidden(message, hidden));
    const seesLast = showsLast(deps, view) && (await readsMessages(deps, view, caller));
    const isAtHand = newest !== undefined || !seesLast;
    const [last] = isAtHand ? [newest] : await lastMessages(deps.db, [view.id], caller.id, hidden);
    const accounts = await deps.people.show([message, last].flatMap((shown) => shown?.sender_id ?? []));
    const shown = (row: SeenMessage) => toMessage(deps, row, caller, row.is_read, accounts);
    const { messageFields } = ofThreadType(settings, view.type);
    const own = JSON.stringify(onlyFields({ ...shown(message), answers: message.answers }, messageFields));
    if (messageFields?.includes("thread_data") === false) return new JsonText(own);
    const lastText = last === undefined || !seesLast ? "null" : JSON.stringify(shown(last));
    const members = (await deps.members.of([view])).get(view.id)!;
    const constant = constantPart(view, await currentQuestion(deps, view));
    const shared = sharedPart(constant, await deps.people.showAsText(members), lastText);
    return new JsonText(withMembers(own, `"thread_data":${shared}${movingPart(view)}`));
  }

  const edit = {
    summary: "Edit a message",
    description:
      "Only by its sender. Earlier versions are kept. Requires permission 4 (edit one's own messages).",
    body: MessageEdit,
    partial: true as const,
    response: { 200: Message },
    example: { body: { text: "Hello again" } },
  };

  async function edited(
    caller: Caller,
    author: Author,
    context: OneContext,
    body: Partial<Static<typeof MessageEdit>>,
    query: Record<string, string>,
  ) {
    const { text, ...rest } = body;
    const message = await editMessage(deps, context.view, author, existing(context).id, {
      ...rest,
      ...(text === undefined ? {} : { text: text ?? "" }),
    } as Parameters<typeof editMessage>[4]);
    return (await toWire([message], caller, query))[0];
  }

  const one = defineResource({
    path: "/threads/:thread_id/messages/:id",
    params: { thread_id: "id", id: "id" },
    tags: ["messages"],
    policy: "messageObject",
    context: async (call): Promise<OneContext | ApiError> => {
      const context = await threadContext(deps, call);
      if (context instanceof Error) return context;
      const { id } = call.params;
      const hidden = hiddenFrom(settings, call.caller);
      const message =
        id === null ? null : await findMessage(deps.db, context.view.id, id, call.caller.id, hidden);
      return { ...context, message, ...(message === null ? {} : { sender: message.sender_id }) };
    },
    methods: {
      GET: {
        summary: "Get a message",
        description: "The message is marked as read. Requires permission 1 (read messages).",
        response: { 200: Message },
        handle: async ({ caller, context, query }) => {
          const message = existing(context);
          await readMessages(deps, context.view, caller.id, [message]);
          return (await toWire([message], caller, query))[0];
        },
      },
      PUT: {
        ...edit,
        handle: ({ caller, context, body, query, allows }) =>
          edited(caller, authorOf(caller, allows), context, body, query),
      },
      PATCH: {
        ...edit,
        handle: ({ caller, context, body, query, allows }) =>
          edited(caller, authorOf(caller, allows), context, body, query),
      },
      DELETE: {
        summary: "Delete a message",
        description: "Hides the message for everyone. Requires permission 8 (delete messages).",
        response: { 204: NoContent },
        handle: async ({ caller, context, allows }) => {
          await deleteMessage(deps, context.view, authorOf(caller, allows), existing(context).id);
          return reply(204);
        },
      },
    },
  });

  const read = defineResource({
    path: "/threads/:thread_id/read",
    params: { thread_id: "id" },
    tags: ["messages"],
    policy: "threadRead",
    context: (call) => threadContext(deps, call),
    methods: {
      POST: {
        summary: "Mark messages as read",
        description:
          "Marks all messages up to the given one as read by the caller. Requires permission 1 (read messages).",
        body: fields(
          { message: Pk({ description: "The id of the last message to mark as read" }) },
          { title: "ReadUpTo", description: "The message up to which a thread is read" },
        ),
        example: { body: { message: 1 } },
        response: { 204: NoContent },
        handle: async ({ caller, context: { view }, body }) => {
          const message = await findMessage(
            deps.db,
            view.id,
            body.message,
            caller.id,
            hiddenFrom(settings, caller),
          );
          if (message === null) throw notFound();
          await readUpTo(deps, view, caller.id, message.seq);
          return reply(204);
        },
      },
    },
  });

  const history = defineResource({
    path: "/messages/:id/history",
    params: { id: "id" },
    tags: ["messages"],
    policy: "messageHistory",
    context: async ({ caller, params }): Promise<{ message: SeenMessage } | ApiError> => {
      const thread = params.id === null ? null : await threadOfMessage(deps.db, params.id);
      const hidden = hiddenFrom(settings, caller);
      const message =
        thread === null ? null : await findMessage(deps.db, thread, params.id!, caller.id, hidden);
      return message === null ? { message: null as never } : { message };
    },
    methods: {
      GET: {
        summary: "List a message's earlier versions",
        description: "The oldest first; empty if the message was never edited. Superusers only.",
        response: { 200: Type.Array(MessageVersion, { description: "The earlier versions" }) },
        handle: async ({ context }) => {
          if (context.message === null) throw notFound();
          return findVersions(deps.db, context.message.id);
        },
      },
    },
  });

  return [list, one, read, history];
}

interface ListContext {
  view: ThreadView;
  /** The cached view. */
  known?: CachedView;
}

type WholePostCall = PostCall & {
  context: ListContext;
  request: FastifyRequest;
  allows(changed: Partial<ListContext>): Promise<boolean>;
};

interface PostCall {
  caller: Caller;
  params: { thread_id: number | null };
}

interface OneContext {
  view: ThreadView;
  message: SeenMessage | null;
  /** Left out where there is no such message. */
  sender?: UserId | null;
}

function existing({ message }: { message: SeenMessage | null }): SeenMessage {
  if (message === null) throw notFound();
  return message;
}

type Body = Partial<Omit<Draft, "answers" | "text" | "break_state">> & {
  text?: string | null;
  answers?: number[] | null;
  break_state?: boolean;
};

/** A draft of what could be read; what could not counts as given. */
function readableDraft(body: object, problems: FieldErrors): Draft {
  const draft = draftOf(body);
  const isGiven = ["meta", "answers", "attachments"].some((name) => name in problems);
  return isGiven || attachmentsOf(body).length > 0 ? { ...draft, meta: draft.meta ?? {} } : draft;
}

/** A message as it is judged: what is left out, or null, is as usual. */
export function draftOf(body: object): Draft {
  const { text, type, meta, answers, question, related_message, break_state, client_id, language } =
    body as Body;
  return {
    text: text ?? "",
    type: type ?? "message",
    meta: meta ?? null,
    answers: answers ?? [],
    question: question ?? null,
    related_message: related_message ?? null,
    break_state: break_state ?? false,
    client_id: client_id ?? null,
    language: language ?? null,
    attachments: [],
  };
}

/** What this server cannot do yet is refused, not dropped. */
function unsupported({ send_at }: { send_at?: unknown }): FieldErrors | null {
  return typeof send_at === "string" ? { send_at: [texts.NOT_SUPPORTED] } : null;
}

/** What is to be attached; each file of a form is a picture. */
function attachmentsOf(body: object): SentAttachment[] {
  const { attachments, file } = body as { attachments?: SentAttachment[] | null; file?: string[] | null };
  return [...(attachments ?? []), ...(file ?? []).map((hash) => ({ type: "image", file: hash }))];
}
