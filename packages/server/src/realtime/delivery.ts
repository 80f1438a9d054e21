import type { Core } from "../core.ts";
import type { MessageRow } from "../messages/queries.ts";
import { type HiddenRule, hiddenFrom } from "../messages/visibility.ts";
import { timePushes } from "../metrics/pushes.ts";
import { holds, NOTIFICATION } from "../policies/bits.ts";
import { ofThreadType } from "../threads/threadTypes.ts";
import type { WatcherView } from "../threads/view.ts";
import type { Frame } from "./frame.ts";
import { isPushed, openFrames, type Viewer } from "./frames.ts";
import type { News, Sighting } from "./news.ts";
import type { Session } from "./session.ts";

/** A session that follows a thread. */
export interface Follower {
  readonly session: Session;
  /** The event up to which it has been told; infinite once it has left. */
  told: number;
}

/** A follower who may see what is pushed now. */
export interface Watcher extends Viewer {
  follower: Follower;
}

/**
 * Pushes the events of a thread after a position in order to those who have not been told of them, each as its receiver
 * sees the thread now. Who is behind that position, having come meanwhile, is left to the next time: else they would
 * miss what lies between.
 */
export async function deliver(
  core: Core,
  threadId: number,
  followers: Iterable<Follower>,
  news: News,
  after: number,
): Promise<void> {
  const last = news.events.at(-1)!.seq!;
  const behind: Follower[] = [];
  for (const follower of followers) if (follower.told >= after && follower.told < last) behind.push(follower);
  if (behind.length > 0 && news.events.some(isPushed)) {
    const found = await watchersOf(core, threadId, behind, saidIn(news), news.sighting);
    const watchers = found.filter(
      ({ view }) => view.is_member || ofThreadType(core.settings, view.type).pushToFollowers,
    );
    if (watchers.length > 0) await pushTo(core, threadId, watchers, news);
  }
  for (const follower of behind) tell(follower, last);
}

function saidIn({ messages, newest }: News): MessageRow[] {
  const said = [...messages.values()];
  if (newest !== null && !messages.has(newest.id)) said.push(newest);
  return said;
}

async function pushTo(core: Core, threadId: number, watchers: readonly Watcher[], news: News): Promise<void> {
  const shown = news.events.filter(isPushed);
  const pushed = timePushes(core.metrics, shown, watchers);
  const frames = await openFrames(core, { ...news, events: shown }, watchers[0]!.view);
  const places = shown.map(({ seq }) => ({ thread: threadId, seq: seq! }));
  const byUser = new Map<number, (Frame | null)[]>();
  for (const watcher of watchers) {
    const { follower, view } = watcher;
    let made = byUser.get(view.user_id);
    if (made === undefined) {
      const making = frames.of(watcher);
      made = Array.isArray(making) ? making : await making;
      byUser.set(view.user_id, made);
    }
    const { session, told } = follower;
    for (let index = 0; index < places.length; index++) {
      const [frame, place] = [made[index]!, places[index]!];
      if (frame !== null && place.seq > told) session.send(frame, place);
    }
    // At once: should the next one fail, this one is not told again.
    tell(follower, places.at(-1)!.seq);
  }
  pushed();
}

function tell(follower: Follower, position: number): void {
  if (follower.told < position) follower.told = position;
}

/**
 * Of followers, those who may see the thread now that `messages` have been said: flagged members, and who is none, but
 * is let by the policy. A sighting of right then spares looking again.
 */
export async function watchersOf(
  core: Core,
  threadId: number,
  followers: readonly Follower[],
  messages: readonly MessageRow[],
  sighting: Sighting | null = null,
): Promise<Watcher[]> {
  const users = new Map<number, HiddenRule>();
  for (const { session } of followers)
    if (!users.has(session.user.id)) users.set(session.user.id, hiddenFrom(core.settings, session.user));
  const views = await core.views.ofWatchers(threadId, users, messages, sighting);
  const watchers: Watcher[] = [];
  for (const follower of followers) {
    const { user } = follower.session;
    const hidden = users.get(user.id)!;
    const view = views.get(user.id) ?? (await foreignView(core, threadId, user.id, hidden));
    if (view === null) continue;
    const may = mayBeTold(core, follower.session, view);
    if (typeof may === "boolean" ? may : await may) watchers.push({ follower, view, hidden });
  }
  return watchers;
}

function mayBeTold({ policies }: Core, { user }: Session, view: WatcherView): boolean | Promise<boolean> {
  const params = { thread_id: view.id };
  if (!view.is_member) return policies.threadWsSubscribe(user, { method: "POST", params, view });
  if (!holds(view.notifications, NOTIFICATION.WEBSOCKET)) return false;
  return policies.messagesList(user, { method: "GET", params, view });
}

/** Whoever is no member has nothing unread. */
async function foreignView(
  core: Core,
  threadId: number,
  userId: number,
  hidden: HiddenRule,
): Promise<WatcherView | null> {
  const view = await core.views.find(threadId, userId, hidden);
  return view === null ? null : { ...view, read: [], since: view };
}
