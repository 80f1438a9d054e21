import { isTooLong, type Json } from "@colloquy/engine";
import {
  invalid,
  type Message,
  type MessageVersion,
  notFound,
  type SearchHit,
  texts,
  type UserId,
} from "@colloquy/protocol";
import { changeThread } from "../conversation/change/changeThread.ts";
import { readUpTo } from "../conversation/change/markRead.ts";
import { saying } from "../conversation/change/threadChange.ts";
import type { Committed } from "../conversation/change/writeChange.ts";
import type { Draft } from "../conversation/draft.ts";
import type { SeenMessage } from "../conversation/view/message.ts";
import { hiddenFrom, type Viewer } from "../conversation/view/visibility.ts";
import { toMessage } from "../conversation/view/wire.ts";
import { deleteMessage, editMessage, type Edit as MessageChange } from "../messages/edit.ts";
import { postMessage } from "../messages/post.ts";
import { findVersions, listMessages, MESSAGE_LIST, threadOfMessage } from "../messages/queries.ts";
import { draftOf, type MessageDeps, MessageEdit, newMessage } from "../messages/routes.ts";
import { withAttachments } from "../messages/withAttachments.ts";
import { type SearchDeps, search } from "../search/find.ts";
import { expectQuery } from "../search/routes.ts";
import type { AttachmentDraft } from "./attachments.ts";
import { asUser, type Host } from "./host.ts";
import { expectId } from "./input.ts";
import { type ListOptions, pageOf, partOf } from "./query.ts";

/** What is said in threads. */
export interface MessageService {
  /**
   * Messages as a user sees them, oldest first: the newest 20 unless `options` say otherwise. `q` finds a text. Nothing
   * is marked as read.
   */
  list(thread: number, user: UserId, options?: ListOptions & { q?: string }): Promise<SentMessage[]>;
  /** A message as a user sees it; it is not marked as read. */
  get(thread: number, message: number, user: UserId): Promise<SentMessage>;
  /** Posts, or answers the question that waits, as a user; a confirmation answers null. */
  post(thread: number, user: UserId, draft: MessageDraft): Promise<SentMessage | null>;
  /** Posts in nobody's name, or in somebody's who need not be a member. Answers the message's id. */
  automate(thread: number, message: AutomatedMessage): Promise<number>;
  /** Changes the text or meta of anybody's message. */
  edit(thread: number, message: number, edit: { text?: string; meta?: Json }): Promise<SentMessage>;
  /** Deletes anybody's message, for everybody. */
  remove(thread: number, message: number): Promise<void>;
  /**
   * Messages in all threads of a user, or in one `thread`, by what is said in them: the best of the 500 newest matches first,
   * at most 20 unless `limit` says otherwise.
   */
  search(user: UserId, text: string, options?: SearchOptions): Promise<SearchHit[]>;
  /** Earlier versions of a message, oldest first. */
  history(message: number): Promise<MessageVersion[]>;
  /** Everything up to a message is read by a user from now on. */
  markAsRead(thread: number, user: UserId, message: number): Promise<void>;
}

/** A message, and the options chosen by it. */
export type SentMessage = Message & { answers: number[] };

export interface MessageDraft {
  text?: string;
  type?: string;
  meta?: Json;
  answers?: number[];
  /** The question answered: where the front end controls the run it must be named. */
  question?: number;
  /** The message that showed this question: with it, the answer counts for that one only. */
  related_message?: number;
  break_state?: boolean;
  client_id?: string;
  attachments?: AttachmentDraft[];
}

export interface SearchOptions {
  thread?: number;
  /** A BCP 47 tag, by whose rules inflected words are found, too. */
  language?: string;
  /** Only messages before this id. */
  before?: number;
  limit?: number;
  offset?: number;
}

export interface AutomatedMessage {
  text: string;
  type?: string;
  meta?: Json;
  sender?: UserId | null;
}

const NO_UPLOADS = new Map<string, never>();

export function messageService(deps: MessageDeps & SearchDeps, host: Host): MessageService {
  const { settings, db } = deps;
  const NewMessage = newMessage(settings);

  async function shown(rows: readonly SeenMessage[], viewer: Viewer): Promise<SentMessage[]> {
    const accounts = await deps.people.show(rows.flatMap((row) => row.sender_id ?? []));
    return rows.map((row) => ({
      ...toMessage(deps, row, viewer, row.is_read, accounts),
      answers: row.answers,
    }));
  }

  const shownOne = async (row: SeenMessage, viewer: Viewer) => (await shown([row], viewer))[0]!;

  return {
    async list(thread, user, { q, ...options } = {}) {
      const view = await host.viewAs(thread, user);
      const page = partOf(options, MESSAGE_LIST, settings.accounts.ids);
      const isPlaced = page.after !== null || page.order !== null || page.offset > 0;
      const before = isPlaced ? page.before : (page.before ?? Number.MAX_SAFE_INTEGER);
      const wanted = { ...page, before, text: q?.trim() || null };
      return shown(
        await listMessages(db, view.id, user, hiddenFrom(settings, asUser(user)), wanted),
        asUser(user),
      );
    },
    async get(thread, message, user) {
      const viewer = asUser(host.user(user));
      return shownOne(await host.message(thread, message, viewer), viewer);
    },
    async post(thread, user, draft) {
      const id = host.user(user);
      const request = {};
      deps.inFlight.arrive(thread, request);
      const attempt = deps.inFlight.attempt(request, id);
      try {
        const view = await host.viewAs(thread, id);
        const author = host.authorAs(id);
        const { attachments = [], ...rest } = draft;
        const whole = draftOf(host.read(NewMessage, rest));
        const post = (ready: Draft) => postMessage(deps, view, author, ready, attempt);
        const files = { sent: attachments, uploads: NO_UPLOADS };
        const { message } = await withAttachments(deps, view, author.viewer, whole, files, post);
        return message === null ? null : await shownOne(message, asUser(id));
      } finally {
        deps.inFlight.leave(request);
      }
    },
    async automate(thread, message) {
      const { text, type = "automated_message", meta = null } = host.read(NewMessage, message);
      if (typeof text !== "string") throw invalid({ text: [texts.required] });
      if (isTooLong(text, settings.limits.textLength)) throw invalid({ text: [texts.TOO_LONG] });
      const change = saying({ sender_id: host.sender(message.sender), type, text, meta: meta as Json });
      const done = ({ messages }: Committed) => messages[0]!.id;
      return changeThread(deps, await host.view(thread), host.author, () => ({ change, done }));
    },
    async edit(thread, message, edit) {
      const { text, ...rest } = host.read(MessageEdit, edit);
      const read = { ...rest, ...(text === undefined ? {} : { text: text ?? "" }) } as MessageChange;
      const row = await editMessage(deps, await host.view(thread), host.author, message, read);
      return shownOne(row, host.author.viewer);
    },
    async remove(thread, message) {
      await deleteMessage(deps, await host.view(thread), host.author, message);
    },
    async search(user, text, { thread, language = null, ...part } = {}) {
      const caller = asUser(host.user(user));
      const { before, limit } = pageOf({ limit: part.limit, before: part.before });
      const { offset } = pageOf({ offset: part.offset });
      expectQuery(text);
      const within = thread === undefined ? null : await host.viewAs(thread, user);
      return search(deps, caller, within, { text, language, before, limit, offset });
    },
    async history(message) {
      if ((await threadOfMessage(db, expectId(message, "message"))) === null) throw notFound();
      return findVersions(db, message);
    },
    async markAsRead(thread, user, message) {
      const view = await host.viewAs(thread, user);
      await readUpTo(deps, view, user, (await host.message(thread, message, asUser(user))).seq);
    },
  };
}
