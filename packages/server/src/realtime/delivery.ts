import type { Core } from "../core.ts";
import { type HiddenRule, hiddenFrom } from "../messages/visibility.ts";
import { timePushes } from "../metrics/pushes.ts";
import { holds, NOTIFICATION } from "../policies/bits.ts";
import { findThread, findViews, settleUnread, type WatcherView } from "../threads/queries.ts";
import { ofThreadType } from "../threads/threadTypes.ts";
import type { Frame } from "./frame.ts";
import { isPushed, openFrames, type Viewer } from "./frames.ts";
import type { News } from "./news.ts";
import type { Session } from "./session.ts";

/** A session of somebody who may see what is pushed now. */
interface Watcher extends Viewer {
  session: Session;
}

/** What happened in one thread, on its way to the sessions that follow it. */
export class Delivery {
  readonly #core: Core;
  readonly #threadId: number;
  /** With the event up to which each has been told. */
  readonly #sessions: Map<Session, number>;

  constructor(core: Core, threadId: number, sessions: Map<Session, number>) {
    this.#core = core;
    this.#threadId = threadId;
    this.#sessions = sessions;
  }

  /**
   * Pushes the events after a position in order to those who have not been told of them, each as its receiver sees
   * the thread now. Who is behind that position, having come meanwhile, is left to the next time: else they would
   * miss what lies between.
   */
  async push(news: News, after: number): Promise<void> {
    const last = news.events.at(-1)!.seq!;
    const behind = new Set<Session>();
    for (const [session, told] of this.#sessions) if (told >= after && told < last) behind.add(session);
    if (behind.size > 0 && news.events.some(isPushed)) {
      const ids = [...news.messages.keys(), ...(news.newest === null ? [] : [news.newest.id])];
      const viewers = await this.viewers((session) => behind.has(session), ids);
      const watchers = viewers.filter(({ view }) => view.is_member || this.#pushesToFollowers(view));
      if (watchers.length > 0) await this.#pushTo(watchers, news);
    }
    for (const session of behind) this.#told(session, last);
  }

  async #pushTo(watchers: readonly Watcher[], news: News): Promise<void> {
    const shown = news.events.filter(isPushed);
    const pushed = timePushes(this.#core.metrics, shown, watchers, (session) => this.#toldTo(session));
    const frames = await openFrames(this.#core, { ...news, events: shown }, watchers[0]!.view);
    const byUser = new Map<number, (Frame | null)[]>();
    for (const watcher of watchers) {
      const { session, view } = watcher;
      const known = byUser.get(view.user_id) ?? (await frames.of(watcher));
      byUser.set(view.user_id, known);
      const since = this.#toldTo(session);
      known.forEach((frame, index) => {
        const seq = shown[index]!.seq!;
        if (frame !== null && seq > since) session.send(frame, { thread: this.#threadId, seq });
      });
      // At once: should the next one fail, this one is not told again.
      this.#told(session, shown.at(-1)!.seq!);
    }
    pushed();
  }

  /** The event up to which a session has been told; one that left is told of nothing. */
  #toldTo(session: Session): number {
    return this.#sessions.get(session) ?? Number.POSITIVE_INFINITY;
  }

  #told(session: Session, position: number): void {
    if (this.#toldTo(session) < position) this.#sessions.set(session, position);
  }

  /**
   * The sessions of those who may see the thread now: flagged members, and followers whom the policy lets. Their
   * views say which of the messages each has read.
   */
  async viewers(wanted: (session: Session) => boolean, messageIds: readonly number[]): Promise<Watcher[]> {
    const { db, settings, policies } = this.#core;
    const sessions = [...this.#sessions.keys()].filter(wanted);
    const users = new Map(
      sessions.map(({ user }) => [user.id, { user, hidden: hiddenFrom(settings, user) }]),
    );
    const asked = [...users].map(([user_id, { hidden }]) => ({ user_id, hidden }));
    const found = await findViews(db, this.#threadId, asked, messageIds);
    await settleUnread(db, found);
    const views = new Map(found.map((view) => [view.user_id, view]));

    const watchers: Watcher[] = [];
    const params = { thread_id: this.#threadId };
    for (const session of sessions) {
      const { user, hidden } = users.get(session.user.id)!;
      const view = views.get(user.id) ?? (await this.#foreign(user.id, hidden));
      if (view === null) continue;
      const may = view.is_member
        ? holds(view.notifications, NOTIFICATION.WEBSOCKET) &&
          (await policies.messagesList(user, { method: "GET", params, view }))
        : await policies.threadWsSubscribe(user, { method: "POST", params, view });
      if (may) watchers.push({ session, view, hidden });
    }
    return watchers;
  }

  /** Whoever is no member has nothing unread. */
  async #foreign(userId: number, hidden: HiddenRule): Promise<WatcherView | null> {
    const view = await findThread(this.#core.db, this.#threadId, userId, hidden);
    return view === null ? null : { ...view, read: [] };
  }

  #pushesToFollowers({ type }: WatcherView): boolean {
    return ofThreadType(this.#core.settings, type).pushToFollowers;
  }
}
