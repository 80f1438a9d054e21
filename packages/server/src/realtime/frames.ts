import type { Message } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { escapeMessage, opened } from "../http/index.ts";
import { onlyFields } from "../messages/fields.ts";
import { findVersions, lastMessages, type MessageRow, type VersionRow } from "../messages/queries.ts";
import { type HiddenRule, isHidden } from "../messages/visibility.ts";
import { toMessage } from "../messages/wire.ts";
import { ofThreadType } from "../threads/threadTypes.ts";
import type { WatcherView } from "../threads/view.ts";
import { constantPart, currentQuestion, movingPart, sharedPart, showsLast } from "../threads/wire.ts";
import { type Frame, frameOf, Start } from "./frame.ts";
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
  of(viewer: Viewer): (Frame | null)[] | Promise<(Frame | null)[]>;
}

const NONE: ReadonlySet<number> = new Set();

/** By the `since` of a view. */
const constantTexts = new WeakMap<object, string>();

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
  const accounts = await people.show(senders);
  const users = await people.showAsText(members);
  const hasThread = messageFields?.includes("thread_data") ?? true;
  const deletions = new Map<number, Frame>();
  /** When each of them was first edited. */
  const edited = new Map<number, string>();
  for (const { type, data, created } of events)
    if (type === "message_updated" && !edited.has(data.message!)) edited.set(data.message!, created);
  const versions = new Map<number, Promise<VersionRow[]>>();
  const texts = new Map<string, string>();
  const starts = new Map<string, Start>();
  /** A number for each text: who sees all of the same texts is told in the same words. */
  const numbers = new Map<string, number>();

  function numberOf(text: string): number {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  }

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

  /** The last message of who does not see the newest. */
  async function earlierText({ view, hidden }: Viewer): Promise<string> {
    const [last] = await lastMessages(core.db, [view.id], view.user_id, hidden);
    if (last === undefined) return "null";
    const sender = await people.show(last.sender_id === null ? [] : [last.sender_id]);
    return JSON.stringify(shaped(toMessage(last, view.user_id, last.is_read, sender)));
  }

  function lastText(viewer: Viewer): string | Promise<string> {
    if (newest === null || !showsLast(core, viewer.view)) return "null";
    return isHidden(newest, viewer.hidden) ? earlierText(viewer) : messageText(newest, viewer);
  }

  function constantText(view: WatcherView): string | Promise<string> {
    if (view.question_id !== null)
      return currentQuestion(core, view).then((question) => constantPart(view, question));
    const known = constantTexts.get(view.since) ?? constantPart(view, null);
    constantTexts.set(view.since, known);
    return known;
  }

  function deletionOf({ id, thread_id: thread }: MessageRow): Frame {
    const known = deletions.get(id) ?? frameOf("message_created_or_updated", { id, thread, deleted: true });
    deletions.set(id, known);
    return known;
  }

  /** What a viewer saw until these edits: nothing to wait for where they hid nothing. */
  function vanishedFrom({ hidden }: Viewer): ReadonlySet<number> | Promise<ReadonlySet<number>> {
    if (hidden.length === 0 || edited.size === 0) return NONE;
    const concealed = [...edited.keys()]
      .flatMap((id) => messages.get(id) ?? [])
      .filter((row) => isHidden(row, hidden));
    return concealed.length === 0 ? NONE : seenBefore(concealed, hidden);
  }

  async function seenBefore(rows: readonly MessageRow[], hidden: HiddenRule): Promise<ReadonlySet<number>> {
    const seen = new Set<number>();
    for (const { id, sender_id } of rows) {
      const asked = versions.get(id) ?? findVersions(core.db, id);
      versions.set(id, asked);
      const replaced = (await asked).filter((version) => version.replaced >= edited.get(id)!);
      if (replaced.some(({ type, meta }) => !isHidden({ type, meta, sender_id }, hidden))) seen.add(id);
    }
    return seen;
  }

  function framesOf(
    viewer: Viewer,
    constant: string,
    last: string,
    vanished: ReadonlySet<number>,
  ): (Frame | null)[] {
    const { view, hidden } = viewer;
    const thread = `${numberOf(constant)} ${numberOf(last)}`;
    const end = movingPart(view);

    function started(message: Frame["message"], key: string, data: () => string, rest: string): Frame {
      const start = starts.get(key) ?? new Start(message, data());
      starts.set(key, start);
      return { message, start, rest };
    }
    const threadStart = () => sharedPart(constant, users, last);

    return events.map((event) => {
      if (event.type === "thread_updated") {
        const isForThem = view.is_member && (event.user_id === null || event.user_id === view.user_id);
        return isForThem ? started("thread_updated", thread, threadStart, end) : null;
      }
      const row = messages.get(event.data.message!);
      if (row === undefined) return null;
      if (isHidden(row, hidden))
        return event.type === "message_updated" && vanished.has(row.id) ? deletionOf(row) : null;
      if (row.deleted !== null) return deletionOf(row);
      const text = messageText(row, viewer, messageFields);
      const own = numberOf(text);
      const name = "message_created_or_updated";
      if (!hasThread) return started(name, `message ${own}`, () => text, "");
      const data = () => `${opened(text)}"thread_data":${threadStart()}`;
      return started(name, `${own} in ${thread}`, data, `${end}}`);
    });
  }

  return {
    // Mostly nothing has to be waited for, and then nothing is: a thread may have thousands of viewers.
    of(viewer) {
      const [constant, last] = [constantText(viewer.view), lastText(viewer)];
      const vanished = vanishedFrom(viewer);
      if (typeof constant === "string" && typeof last === "string" && vanished instanceof Set)
        return framesOf(viewer, constant, last, vanished);
      return Promise.all([constant, last, vanished]).then((made) => framesOf(viewer, ...made));
    },
  };
}
