import type { Push } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import type { LoggedEvent } from "../events/log.ts";
import type { Caller } from "../http/caller.ts";
import { escapeMessage } from "../http/index.ts";
import { onlyFields } from "../messages/fields.ts";
import { findMessages, lastMessages, type MessageRow, type SeenMessage } from "../messages/queries.ts";
import { type HiddenRule, hiddenFrom, isHidden } from "../messages/visibility.ts";
import { toMessage } from "../messages/wire.ts";
import { timePushes } from "../metrics/pushes.ts";
import { holds, NOTIFICATION } from "../policies/bits.ts";
import type { ThreadTypeSettings } from "../settings.ts";
import { findThread, findViews } from "../threads/queries.ts";
import { ofThreadType } from "../threads/threadTypes.ts";
import type { ThreadView } from "../threads/view.ts";
import { showsLast, toThread } from "../threads/wire.ts";
import type { Room } from "./hub.ts";
import { readBy } from "./queries.ts";
import type { Session } from "./session.ts";

/** Somebody who may see what is pushed now, and how they see the thread. */
interface Watcher {
  session: Session;
  view: ThreadView;
  hidden: HiddenRule;
}

/** What happened in one thread, on its way to the sessions that follow it. */
export class Delivery {
  readonly #core: Core;
  readonly #threadId: number;
  readonly #room: Room | null;

  constructor(core: Core, threadId: number, room: Room | null) {
    this.#core = core;
    this.#threadId = threadId;
    this.#room = room;
  }

  /**
   * Pushes the events after a position in order to those who have not been told of them, each as its receiver sees
   * the thread now. Who is behind that position, having come meanwhile, is left to the next time: else they would
   * miss what lies between.
   */
  async push(events: readonly LoggedEvent[], after: number): Promise<void> {
    const last = events.at(-1)!.seq!;
    const told = (session: Session) => this.#toldTo(session);
    const behind = new Set(
      [...this.#room!.sessions.keys()].filter((session) => told(session) >= after && told(session) < last),
    );
    const shown = events.filter((event) => event.type in PUSHED);
    const viewers = shown.length === 0 ? [] : await this.viewers((session) => behind.has(session));
    const watchers = viewers.filter(({ view }) => view.is_member || this.#typeOf(view).pushToFollowers);
    const pushed = timePushes(this.#core.metrics, shown, watchers, told);
    if (watchers.length > 0) await this.#pushTo(watchers, shown);
    pushed();
    for (const session of behind) this.#told(session, last);
  }

  async #pushTo(watchers: readonly Watcher[], shown: readonly LoggedEvent[]): Promise<void> {
    const ids = [...new Set(shown.flatMap((event) => event.data.message ?? []))];
    const messages = new Map((await this.#messages(ids)).map((row) => [row.id, row]));
    const users = [...new Set(watchers.map((watcher) => watcher.session.user.id))];
    const read = ids.length === 0 ? new Set<string>() : await readBy(this.#core.db, ids, users);
    const frames = new Map<number, (Push | null)[]>();
    for (const watcher of watchers) {
      const user = watcher.session.user.id;
      const known = frames.get(user) ?? (await this.#frames(watcher, shown, messages, read));
      frames.set(user, known);
      const since = this.#toldTo(watcher.session);
      known.forEach((frame, index) => {
        const seq = shown[index]!.seq!;
        if (frame !== null && seq > since) watcher.session.send(frame, { thread: this.#threadId, seq });
      });
      // At once: should the next one fail, this one is not told again.
      this.#told(watcher.session, shown.at(-1)!.seq!);
    }
  }

  /** The event up to which a session has been told; one that left is told of nothing. */
  #toldTo(session: Session): number {
    return this.#room!.sessions.get(session) ?? Number.POSITIVE_INFINITY;
  }

  #told(session: Session, position: number): void {
    if (this.#toldTo(session) < position) this.#room!.sessions.set(session, position);
  }

  /** The sessions of those who may see the thread now: flagged members, and followers whom the policy lets. */
  async viewers(wanted: (session: Session) => boolean): Promise<Watcher[]> {
    const { db, settings, policies } = this.#core;
    const sessions = [...this.#room!.sessions.keys()].filter(wanted);
    const users = new Map(sessions.map((session) => [session.user.id, session.user]));
    const hidden = new Map([...users].map(([id, user]) => [id, hiddenFrom(settings, user)]));
    const asked = [...users.keys()].map((user_id) => ({ user_id, hidden: hidden.get(user_id)! }));
    const views = new Map((await findViews(db, this.#threadId, asked)).map((view) => [view.user_id, view]));

    const watchers: Watcher[] = [];
    const params = { thread_id: this.#threadId };
    for (const session of sessions) {
      const { user } = session;
      const member = views.get(user.id);
      const view = member ?? (await this.#foreign(user, hidden.get(user.id)!));
      if (view === null) continue;
      const may = view.is_member
        ? holds(view.notifications, NOTIFICATION.WEBSOCKET) &&
          (await policies.messagesList(user, { method: "GET", params, view }))
        : await policies.threadWsSubscribe(user, { method: "POST", params, view });
      if (may) watchers.push({ session, view, hidden: hidden.get(user.id)! });
    }
    return watchers;
  }

  #foreign(user: Caller, hidden: HiddenRule): Promise<ThreadView | null> {
    return findThread(this.#core.db, this.#threadId, user.id, hidden);
  }

  #typeOf(view: ThreadView): ThreadTypeSettings {
    return ofThreadType(this.#core.settings, view.type);
  }

  #messages(ids: readonly number[]): Promise<MessageRow[]> {
    return ids.length === 0 ? Promise.resolve([]) : findMessages(this.#core.db, ids);
  }

  /** The newest message that a receiver sees: mostly the one that is pushed. */
  async #last(
    view: ThreadView,
    hidden: HiddenRule,
    messages: ReadonlyMap<number, MessageRow>,
    read: ReadonlySet<string>,
  ): Promise<SeenMessage | null> {
    if (!showsLast(this.#core, view)) return null;
    const newest = [...messages.values()].find((message) => message.seq === view.seq);
    if (newest !== undefined && newest.deleted === null && !isHidden(newest, hidden))
      return { ...newest, is_read: !view.is_member || read.has(`${view.user_id}:${newest.id}`) };
    const [last] = await lastMessages(this.#core.db, [view.id], view.user_id, hidden);
    return last ?? null;
  }

  /** A receiver's frames, one per event; null where it is not for them. */
  async #frames(
    { session, view, hidden }: Watcher,
    events: readonly LoggedEvent[],
    messages: ReadonlyMap<number, MessageRow>,
    read: ReadonlySet<string>,
  ): Promise<(Push | null)[]> {
    const { people, settings } = this.#core;
    const user = session.user.id;
    const thread = await toThread(this.#core, view, await this.#last(view, hidden, messages, read));
    const senders = [...messages.values()].flatMap((message) => message.sender_id ?? []);
    const accounts = await people.show(senders);
    const { messageFields } = this.#typeOf(view);
    const shaped = settings.compat === "chat_api" ? escapeMessage : <T>(value: T) => value;

    return events.map((event): Push | null => {
      if (event.type === "thread_updated") {
        if (!view.is_member || (event.user_id !== null && event.user_id !== user)) return null;
        return { message: "thread_updated", data: shaped(thread) };
      }
      const row = messages.get(event.data.message!);
      if (row === undefined || isHidden(row, hidden)) return null;
      const name = "message_created_or_updated";
      if (row.deleted !== null)
        return { message: name, data: { id: row.id, thread: view.id, deleted: true } };
      const isRead = !view.is_member || read.has(`${user}:${row.id}`);
      const message = { ...toMessage(row, user, isRead, accounts), thread_data: thread };
      return { message: name, data: shaped(onlyFields(message, messageFields)) };
    });
  }
}

/** Events that are pushed; the others are the host's only. */
const PUSHED = { message_created: true, message_updated: true, message_deleted: true, thread_updated: true };
