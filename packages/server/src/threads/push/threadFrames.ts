import type { Message, UserId } from "@colloquy/protocol";
import type { MessageRow } from "../../conversation/view/message.ts";
import { ofThreadType } from "../../conversation/view/threadTypes.ts";
import type { WatcherView } from "../../conversation/view/view.ts";
import { type HiddenRule, isHidden, type Viewer } from "../../conversation/view/visibility.ts";
import {
  constantPart,
  currentQuestion,
  hasAttachments,
  movingPart,
  onlyFields,
  type ShowDeps,
  sharedPart,
  showsLast,
  toMessage,
} from "../../conversation/view/wire.ts";
import { escapeMessage, opened } from "../../http/index.ts";
import type { StreamEvent } from "../../log/publish.ts";
import { type Frame, frameOf, Start } from "../../realtime/frame.ts";
import type { News } from "./news.ts";
import { findKinds, lastMessagesByRule } from "./queries.ts";

/** Events that are pushed; the others are the host's only. */
const PUSHED = ["message_created", "message_updated", "message_deleted", "thread_updated"];

export function isPushed({ type }: StreamEvent): boolean {
  return PUSHED.includes(type);
}

/** How somebody who follows a thread may see it now. */
export interface Seen {
  viewer: Viewer;
  view: WatcherView;
  hidden: HiddenRule;
}

/** How each viewer sees what happened in a thread. What many of them see alike is written once. */
export interface Frames {
  /** One for each event; null where it is not for them. */
  of(viewer: Seen): (Frame | null)[];
}

const NONE: ReadonlySet<number> = new Set();
const NOBODY: ReadonlyMap<UserId, string> = new Map();

/** By the `since` of a view. */
const constantTexts = new WeakMap<object, string>();

/**
 * Finds out what is needed to show some viewers what happened in a thread. The database is asked once for all of them,
 * also where something is hidden from many.
 *
 * @param viewers at least one: what all of them see of the thread alike is taken from the first
 */
export async function openFrames(
  deps: ShowDeps,
  { events, messages, newest }: News,
  viewers: readonly Seen[],
): Promise<Frames> {
  const { settings, people } = deps;
  const like = viewers[0]!.view;
  const { messageFields } = ofThreadType(settings, like.type);
  const shaped = settings.compat === "chat_api" ? escapeMessage : <T>(value: T) => value;
  const members = (await deps.members.of([like])).get(like.id)!;
  const senders = [...messages.values(), newest].flatMap((row) => row?.sender_id ?? []);
  const accounts = await people.show(senders);
  const users = await people.showAsText(members);
  const hasThread = messageFields?.includes("thread_data") ?? true;
  const deletions = new Map<number, Frame>();
  /** When each of them was first edited. */
  const edited = new Map<number, string>();
  for (const { type, data, created } of events)
    if (type === "message_updated" && !edited.has(data.message!)) edited.set(data.message!, created);
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

  /** Who sees a message as their own, and who has read it, see the same as all others who do, but for links to files. */
  function messageText(row: MessageRow, { view, viewer }: Seen, fields?: readonly string[]): string {
    const isOwn = row.sender_id === view.user_id;
    const isRead = !view.is_member || view.read.includes(row.id);
    const key = `${row.id}:${isOwn}:${isRead}:${fields === undefined}${hasAttachments(row) ? `:${view.user_id}` : ""}`;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const message: Message = toMessage(deps, row, viewer, isRead, accounts);
    const text = JSON.stringify(shaped(onlyFields(message, fields)));
    texts.set(key, text);
    return text;
  }

  /** By user, the last message of each who does not see the newest. */
  async function findEarlier(row: MessageRow): Promise<ReadonlyMap<UserId, string>> {
    const found = new Map<UserId, string>();
    const without = viewers.filter(({ view, hidden }) => isHidden(row, hidden) && showsLast(deps, view));
    if (without.length === 0) return found;
    const groups = [...Map.groupBy(without, ({ hidden }) => JSON.stringify(hidden)).values()].map(
      (group) => ({
        rule: group[0]!.hidden,
        users: group.map(({ view }) => view.user_id),
        viewers: group.map(({ viewer }) => viewer),
      }),
    );
    const last = await lastMessagesByRule(deps.db, like.id, groups);
    const shown = await people.show(last.flatMap((message) => message?.sender_id ?? []));
    for (const [index, { viewers }] of groups.entries()) {
      const message = last[index]!;
      if (message === null) continue;
      for (const viewer of viewers) {
        const isRead = message.readers.includes(viewer.id);
        found.set(viewer.id, JSON.stringify(shaped(toMessage(deps, message, viewer, isRead, shown))));
      }
    }
    return found;
  }

  function lastText(viewer: Seen): string {
    if (newest === null || !showsLast(deps, viewer.view)) return "null";
    if (isHidden(newest, viewer.hidden)) return earlier.get(viewer.view.user_id) ?? "null";
    return messageText(newest, viewer);
  }

  function constantText(view: WatcherView): string {
    if (view.question_id !== null) return constantPart(view, questions.get(questionOf(view)) ?? null);
    const known = constantTexts.get(view.since) ?? constantPart(view, null);
    constantTexts.set(view.since, known);
    return known;
  }

  function deletionOf({ id, thread_id: thread }: MessageRow): Frame {
    const known = deletions.get(id) ?? frameOf("message_created_or_updated", { id, thread, deleted: true });
    deletions.set(id, known);
    return known;
  }

  /** What a viewer saw until these edits. */
  function vanishedFrom({ hidden }: Seen): ReadonlySet<number> {
    if (hidden.length === 0 || concealed.length === 0) return NONE;
    const seen = new Set<number>();
    for (const { id, sender_id } of concealed) {
      const replaced = (kinds.get(id) ?? []).filter((kind) => kind.replaced >= edited.get(id)!);
      if (replaced.some(({ type, meta }) => !isHidden({ type, meta, sender_id }, hidden))) seen.add(id);
    }
    return seen;
  }

  function framesOf(
    viewer: Seen,
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

  const earlier = newest === null ? NOBODY : await findEarlier(newest);
  const questions = await findQuestions(deps, viewers);
  const rows = [...edited.keys()].flatMap((id) => messages.get(id) ?? []);
  /** Edited messages that are hidden from somebody, and what kind each was before. */
  const concealed = rows.filter((row) => viewers.some(({ hidden }) => isHidden(row, hidden)));
  const kinds = Map.groupBy(
    concealed.length === 0
      ? []
      : await findKinds(
          deps.db,
          concealed.map(({ id }) => id),
        ),
    ({ message_id }) => message_id,
  );

  return {
    of: (viewer) => framesOf(viewer, constantText(viewer.view), lastText(viewer), vanishedFrom(viewer)),
  };
}

const questionOf = ({ schema_id, question_id }: WatcherView) => `${schema_id} ${question_id}`;

/** The questions that wait for viewers, each looked for once. */
async function findQuestions(
  deps: ShowDeps,
  viewers: readonly Seen[],
): Promise<ReadonlyMap<string, Awaited<ReturnType<typeof currentQuestion>>>> {
  const asked = new Map<string, WatcherView>();
  for (const { view } of viewers) if (view.question_id !== null) asked.set(questionOf(view), view);
  const found = await Promise.all([...asked.values()].map((view) => currentQuestion(deps, view)));
  return new Map([...asked.keys()].map((key, index) => [key, found[index]!]));
}
