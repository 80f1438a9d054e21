import type { Core } from "../../core.ts";
import type { Caller } from "../../policies/caller.ts";
import type { MessageRow } from "../../messages/queries.ts";
import { type HiddenRule, hiddenFrom } from "../../conversation/view/visibility.ts";
import { timePushes } from "../../realtime/pushDelay.ts";
import { holds, NOTIFICATION } from "../../policies/bits.ts";
import { ofThreadType } from "../../conversation/view/threadTypes.ts";
import type { WatcherView } from "../../conversation/view/view.ts";
import type { Frame } from "../../realtime/frame.ts";
import { isPushed, openFrames, type Viewer } from "./frames.ts";
import { known } from "../../realtime/identity.ts";
import type { News, Sighting } from "./news.ts";
import type { Place, Session } from "../../realtime/session.ts";

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
    const watchers = await receiversOf(core, threadId, behind, news);
    if (watchers.length > 0) await pushTo(core, threadId, watchers, news);
  }
  for (const follower of behind) tell(follower, last);
}

/** A frame for a session, and where in the log it comes from. */
export interface Pushed {
  frame: Frame;
  place: Place;
}

/** The same pushes for one follower alone, who is told of them by somebody else. */
export async function pushesFor(
  core: Core,
  threadId: number,
  follower: Follower,
  news: News,
): Promise<Pushed[]> {
  const events = news.events.filter(isPushed);
  if (events.length === 0) return [];
  const [watcher] = await receiversOf(core, threadId, [follower], news);
  if (watcher === undefined) return [];
  const frames = await openFrames(core, { ...news, events }, [watcher]);
  return frames.of(watcher).flatMap((frame, index) => {
    return frame === null ? [] : [{ frame, place: { thread: threadId, seq: events[index]!.seq! } }];
  });
}

/** Of followers, those whom the events of a thread are pushed to. */
async function receiversOf(
  core: Core,
  threadId: number,
  followers: readonly Follower[],
  news: News,
): Promise<Watcher[]> {
  const watchers = await watchersOf(core, threadId, followers, saidIn(news), news.sighting);
  return watchers.filter(
    ({ view }) => view.is_member || ofThreadType(core.settings, view.type).pushToFollowers,
  );
}

function saidIn({ messages, newest }: News): MessageRow[] {
  const said = [...messages.values()];
  if (newest !== null && !messages.has(newest.id)) said.push(newest);
  return said;
}

async function pushTo(core: Core, threadId: number, watchers: readonly Watcher[], news: News): Promise<void> {
  const shown = news.events.filter(isPushed);
  const pushed = timePushes(core.metrics, shown, watchers);
  const frames = await openFrames(core, { ...news, events: shown }, watchers);
  const places = shown.map(({ seq }) => ({ thread: threadId, seq: seq! }));
  const byUser = new Map<number, (Frame | null)[]>();
  for (const watcher of watchers) {
    const { follower, view } = watcher;
    const made = byUser.get(view.user_id) ?? frames.of(watcher);
    byUser.set(view.user_id, made);
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
 * is let by the policy. A sighting of right then spares looking again. The database is asked once for all of them.
 */
export async function watchersOf(
  core: Core,
  threadId: number,
  followers: readonly Follower[],
  messages: readonly MessageRow[],
  sighting: Sighting | null = null,
): Promise<Watcher[]> {
  const users = new Map<number, HiddenRule>();
  const asked = known(followers, ({ session }) => session.identity);
  const present = asked instanceof Promise ? await asked : asked;
  for (const { session } of present) {
    const { user } = session;
    // What a user sees is looked up once for all their sessions: where one is no superuser's any more, as for that one.
    if (!users.has(user.id) || !user.isSuperuser) users.set(user.id, hiddenFrom(core.settings, user));
  }
  const views = await core.views.ofWatchers(threadId, users, messages, sighting);
  const watchers: Watcher[] = [];
  const strangers: Watcher[] = [];
  for (const follower of present) {
    const { user } = follower.session;
    const view = views.get(user.id);
    if (view === undefined) continue;
    const watcher = { follower, view, hidden: users.get(user.id)! };
    if (!view.is_member) strangers.push(watcher);
    else {
      const may = isReceiver(core, user, view);
      if (typeof may === "boolean" ? may : await may) watchers.push(watcher);
    }
  }
  return strangers.length === 0 ? watchers : [...watchers, ...(await admitted(core, strangers))];
}

/** Whether a member is pushed what happens in their thread, and may read it. */
function isReceiver({ policies }: Core, user: Caller, view: WatcherView): boolean | Promise<boolean> {
  if (!holds(view.notifications, NOTIFICATION.WEBSOCKET)) return false;
  return policies.messagesList(user, { method: "GET", params: { thread_id: view.id }, view });
}

/** Of those who are no members, whom the policy lets follow the thread, as who they are now. */
async function admitted({ policies }: Core, strangers: readonly Watcher[]): Promise<Watcher[]> {
  const present = await known(
    strangers,
    ({ follower }) => follower.session.identity,
    () => true,
  );
  const params = { thread_id: strangers[0]!.view.id };
  const may = await Promise.all(
    present.map(({ follower: { session }, view }) =>
      policies.threadWsSubscribe(session.user, { method: "POST", params, view }),
    ),
  );
  return present.filter((_, index) => may[index]);
}
