import type { Message } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { escapeMessage } from "../http/index.ts";
import { onlyFields } from "../messages/fields.ts";
import { lastMessages, type MessageRow } from "../messages/queries.ts";
import { type HiddenRule, isHidden } from "../messages/visibility.ts";
import { toMessage } from "../messages/wire.ts";
import type { WatcherView } from "../threads/queries.ts";
import { ofThreadType } from "../threads/threadTypes.ts";
import { currentQuestion, ownPart, showsLast } from "../threads/wire.ts";
import { type Frame, frameOf, withMembers } from "./frame.ts";
import type { News, NewsEvent } from "./news.ts";

/** Somebody who may see a thread now, and how. */
export interface Viewer {
  view: WatcherView;
  hidden: HiddenRule;
}

/** Events that are pushed; the others are the host's only. */
const PUSHED = ["message_created", "message_updated", "message_deleted", "thread_updated"];

export function isPushed({ type }: NewsEvent): boolean {
  return PUSHED.includes(type);
}

/** How each viewer sees what happened in a thread. What many of them see alike is written once. */
export interface Frames {
  /** One for each event; null where it is not for them. */
  of(viewer: Viewer): Promise<(Frame | null)[]>;
}

/** @param like one of the views: what all of them say of the thread is taken from it */
export async function openFrames(
  core: Core,
  { events, messages, newest }: News,
  like: WatcherView,
): Promise<Frames> {
  const { settings, people } = core;
  const { messageFields } = ofThreadType(settings, like.type);
  const shaped = settings.compat === "chat_api" ? escapeMessage : <T>(value: T) => value;
  const members = (await core.members.of([like])).get(like.id)!;
  const senders = [...messages.values(), newest].flatMap((row) => row?.sender_id ?? []);
  const accounts = await people.show([...members, ...senders]);
  const users_data = JSON.stringify(members.map((id) => accounts.get(id)!));
  const deletions = new Map<number, Frame>();
  const texts = new Map<string, string>();

  /** Who sees a message as their own, and who has read it, see the same as all others who do. */
  function messageText(row: MessageRow, { view }: Viewer, fields?: readonly string[]): string {
    const isOwn = row.sender_id === view.user_id;
    const isRead = !view.is_member || view.read.includes(row.id);
    const key = `${row.id}:${isOwn}:${isRead}:${fields === undefined}`;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const message: Message = toMessage(row, view.user_id, isRead, accounts);
    const text = JSON.stringify(shaped(onlyFields(message, fields)));
    texts.set(key, text);
    return text;
  }

  async function lastText(viewer: Viewer): Promise<string> {
    const { view, hidden } = viewer;
    if (newest === null || !showsLast(core, view)) return "null";
    if (!isHidden(newest, hidden)) return messageText(newest, viewer);
    const [last] = await lastMessages(core.db, [view.id], view.user_id, hidden);
    if (last === undefined) return "null";
    const sender = await people.show(last.sender_id === null ? [] : [last.sender_id]);
    return JSON.stringify(shaped(toMessage(last, view.user_id, last.is_read, sender)));
  }

  async function threadText(viewer: Viewer): Promise<string> {
    const { view } = viewer;
    const own = JSON.stringify(ownPart(view, await currentQuestion(core, view)));
    return withMembers(own, { users_data, last_message_data: await lastText(viewer) });
  }

  function deletionOf({ id, thread_id: thread }: MessageRow): Frame {
    const known = deletions.get(id) ?? frameOf("message_created_or_updated", { id, thread, deleted: true });
    deletions.set(id, known);
    return known;
  }

  function frame(event: NewsEvent, viewer: Viewer, thread: string): Frame | null {
    const { view, hidden } = viewer;
    if (event.type === "thread_updated") {
      const isForThem = view.is_member && (event.user_id === null || event.user_id === view.user_id);
      return isForThem ? { message: "thread_updated", data: thread } : null;
    }
    const row = messages.get(event.data.message!);
    if (row === undefined || isHidden(row, hidden)) return null;
    if (row.deleted !== null) return deletionOf(row);
    const message = messageText(row, viewer, messageFields);
    const hasThread = messageFields?.includes("thread_data") ?? true;
    const data = hasThread ? withMembers(message, { thread_data: thread }) : message;
    return { message: "message_created_or_updated", data };
  }

  return {
    async of(viewer) {
      const thread = await threadText(viewer);
      return events.map((event) => (isPushed(event) ? frame(event, viewer, thread) : null));
    },
  };
}
