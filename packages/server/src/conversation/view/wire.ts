import {
  type Account,
  type Message,
  PostedMessage,
  type Thread,
  type ThreadDetail,
  type UserId,
} from "@colloquy/protocol";
import type { Queryable } from "../../database/database.ts";
import type { Compat } from "../../http/compat.ts";
import type { Directory } from "../../people/directory.ts";
import type { Caller } from "../../policies/caller.ts";
import type { Policies } from "../../policies/policies.ts";
import type { SchemaStore } from "../../schemas/store.ts";
import { toQuestion } from "../../schemas/wire.ts";
import type { MemberLists } from "./memberLists.ts";
import type { MessageRow, SeenMessage } from "./message.ts";
import { lastMessages } from "./messageQueries.ts";
import type { ShowAttachments } from "./showAttachments.ts";
import { ofThreadType, type ThreadTypes } from "./threadTypes.ts";
import type { ThreadView } from "./view.ts";
import { settleUnread } from "./viewCache.ts";
import { type Hiding, hiddenFrom, type Viewer } from "./visibility.ts";

/** What it takes to show threads. */
export interface ShowDeps {
  db: Queryable;
  members: MemberLists;
  people: Directory;
  policies: Pick<Policies, "messagesList">;
  schemas: Pick<SchemaStore, "get">;
  settings: Compat & Hiding & ThreadTypes;
  attachments: ShowAttachments;
}

/** Threads as their viewer sees them. */
export async function toThreads(
  deps: ShowDeps,
  views: readonly ThreadView[],
  viewer: Caller,
): Promise<Thread[]> {
  if (views.length === 0) return [];
  const shown = await Promise.all(
    views.map((view) => showsLast(deps, view) && readsMessages(deps, view, viewer)),
  );
  const ids = views.filter((_, index) => shown[index]).map((view) => view.id);
  const hidden = hiddenFrom(deps.settings, viewer);
  const last = ids.length === 0 ? [] : await lastMessages(deps.db, ids, viewer.id, hidden);
  return show(deps, views, viewer, new Map(last.map((message) => [message.thread_id, message])));
}

/** Who may see a thread, but not its messages, does not see the last one either. */
export function readsMessages(
  { policies }: Pick<ShowDeps, "policies">,
  view: ThreadView,
  viewer: Caller,
): boolean | Promise<boolean> {
  return policies.messagesList(viewer, { method: "GET", params: { thread_id: view.id }, view });
}

/** Whether a thread has a `last_message_data`: what is none of it need not be looked for. */
export function showsLast(deps: Pick<ShowDeps, "settings">, view: ThreadView): boolean {
  return ofThreadType(deps.settings, view.type).touch;
}

/** Members and people are asked for once, however many threads there are. */
async function show(
  deps: ShowDeps,
  views: readonly ThreadView[],
  viewer: Viewer,
  last: ReadonlyMap<number, SeenMessage>,
): Promise<Thread[]> {
  await settleUnread(deps.db, views);
  const members = await deps.members.of(views);
  const senders = [...last.values()].flatMap((message) => message.sender_id ?? []);
  const accounts = await deps.people.show([...[...members.values()].flat(), ...senders]);
  return Promise.all(
    views.map(async (view) => {
      const question = await currentQuestion(deps, view);
      const newest = last.get(view.id);
      return {
        ...ownPart(view, question),
        users_data: members.get(view.id)!.map((id) => accounts.get(id)!),
        last_message_data:
          newest === undefined ? null : toMessage(deps, newest, viewer, newest.is_read, accounts),
      };
    }),
  );
}

/** A thread as JSON begins with its constant part, who its members are and what was said last, each as JSON. */
export function sharedPart(constant: string, users: string, last: string): string {
  return `${constant},"users_data":${users},"last_message_data":${last}`;
}

/** And goes on with what each message changes for each of them. */
export function movingPart({ updated, unread }: Pick<ThreadView, "updated" | "unread">): string {
  return `,"updated":"${updated}","unread":${unread}}`;
}

/** JSON, without its end, of what a thread consists of for one of its members besides what each message changes. */
export function constantPart(view: ThreadView, question: Thread["question_data"]): string {
  const { updated: _updated, unread: _unread, ...constant } = ownPart(view, question);
  return JSON.stringify({ ...constant, variables_pool: view.variables }).slice(0, -1);
}

/** A thread but for what is the same for all of its members, or many: who they are, and what was said last. */
function ownPart(
  view: ThreadView,
  question: Thread["question_data"],
): Omit<Thread, "users_data" | "last_message_data"> {
  return {
    id: view.id,
    type: view.type,
    created: view.created,
    updated: view.updated,
    permissions: view.permissions,
    notifications: view.notifications,
    schema: view.schema_id,
    state: view.state,
    question: view.question_id,
    question_data: question,
    unread: view.unread,
    on_finish: view.on_finish,
    title: view.title,
    frequency_unit: view.frequency_unit,
    frequency_value: view.frequency_value,
    next_restart: view.next_restart,
    automated_sender: view.automated_sender,
    initial_question: view.initial_question,
    repeat_until: view.repeat_until,
    related_message: view.related_message,
  };
}

/** A thread alone, with the pool. */
export async function toThreadDetail(
  deps: ShowDeps,
  view: ThreadView,
  viewer: Caller,
): Promise<ThreadDetail> {
  const [thread] = await toThreads(deps, [view], viewer);
  return { ...thread!, variables_pool: view.variables };
}

/** The question that waits for the viewer. */
export async function currentQuestion(
  deps: Pick<ShowDeps, "schemas" | "settings">,
  view: ThreadView,
): Promise<Thread["question_data"]> {
  if (view.schema_id === null || view.question_id === null) return null;
  const compiled = await deps.schemas.get(view.schema_id);
  const found = compiled?.byId.get(view.question_id);
  return found === undefined ? null : toQuestion(deps, found.question, view.schema_id);
}

/** A message as a viewer sees it. */
export function toMessage(
  { attachments }: Pick<ShowDeps, "attachments">,
  row: MessageRow,
  viewer: Viewer,
  isRead: boolean,
  accounts: ReadonlyMap<UserId, Account>,
): Message {
  const { sender_id } = row;
  return {
    id: row.id,
    thread: row.thread_id,
    sender: sender_id,
    sender_data: sender_id === null ? null : accounts.get(sender_id)!,
    text: row.text,
    type: row.type,
    meta: row.meta,
    created: row.created,
    updated: row.updated,
    related_question: row.related_question,
    has_attachments: hasAttachments(row),
    attachments_data: hasAttachments(row) ? attachments.show(row, viewer) : [],
    is_own: sender_id === viewer.id,
    is_read: isRead,
    client_id: sender_id === viewer.id ? row.client_id : null,
  };
}

/** Then a message is written for each of its viewers alone: links to files are theirs. */
export function hasAttachments({ attachments }: Pick<MessageRow, "attachments">): boolean {
  return attachments !== null && attachments.length > 0;
}

/** What a message may consist of where it is pushed or answers a POST. */
export const MESSAGE_FIELDS: readonly string[] = Object.keys(PostedMessage.properties);

/** A message with the fields alone that its thread's type lets through; by default all of it. */
export function onlyFields<Wire extends object>(message: Wire, fields: readonly string[] | undefined): Wire {
  if (fields === undefined) return message;
  const kept = Object.entries(message).filter(([name]) => fields.includes(name));
  // What is left out is left out for everybody: clients of such threads do not look for it.
  return Object.fromEntries(kept) as Wire;
}
