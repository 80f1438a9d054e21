import type { UserId } from "@colloquy/protocol";
import type { Said } from "../../conversation/change/writer.ts";
import type { MessageRow } from "../../conversation/view/message.ts";
import { ofThreadType } from "../../conversation/view/threadTypes.ts";
import type { WatcherView } from "../../conversation/view/view.ts";
import type { ViewCache } from "../../conversation/view/viewCache.ts";
import { type HiddenRule, type Hiding, hiddenFrom } from "../../conversation/view/visibility.ts";
import type { ShowDeps } from "../../conversation/view/wire.ts";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../log/publish.ts";
import { holds, NOTIFICATION } from "../../policies/bits.ts";
import type { Caller } from "../../policies/caller.ts";
import type { Policies } from "../../policies/policies.ts";
import type { Follower, StreamFeed } from "../../realtime/feeds.ts";
import { type Frame, frameOf } from "../../realtime/frame.ts";
import { known } from "../../realtime/identity.ts";
import type { RowVersions } from "../../realtime/watched.ts";
import { followedBy, followedSince, followersOf, havingLeft, joinedSince, leftSince } from "./following.ts";
import { type News, newsOf, openNews } from "./news.ts";
import { isPushed, openFrames, type Seen } from "./threadFrames.ts";

/** What it takes to push threads. */
export interface ThreadFeedDeps extends ShowDeps, WatcherDeps {
  db: Database;
  policies: ShowDeps["policies"] & WatcherDeps["policies"];
  settings: ShowDeps["settings"];
}

/** What is pushed of threads: their messages, and how each follower sees the thread after them. */
export function openThreadFeed(deps: ThreadFeedDeps): StreamFeed<News> {
  const { db, people, settings } = deps;
  return {
    read: openNews(db),
    batchOf: (written) => newsOf(written as readonly Written<Said>[]),
    async show(thread, followers, news) {
      const events = news.events.filter(isPushed);
      if (events.length === 0) return null;
      const watchers = (await watchersOf(deps, thread, followers, saidIn(news), news.rowVersions)).filter(
        ({ view }) => view.is_member || ofThreadType(settings, view.type).pushToFollowers,
      );
      if (watchers.length === 0) return null;
      const frames = await openFrames(deps, { ...news, events }, watchers);
      const byUser = new Map<UserId, (Frame | null)[]>();
      return {
        events,
        receivers: watchers.map(({ follower }) => follower),
        framesFor(place) {
          const watcher = watchers[place]!;
          const made = byUser.get(watcher.view.user_id) ?? frames.of(watcher);
          byUser.set(watcher.view.user_id, made);
          return made;
        },
      };
    },
    async writing(thread, user, length, followers) {
      const account = (await people.show([user])).get(user)!;
      const frame = frameOf("thread_someone_is_writing", { thread, length, sender_data: account });
      const watchers = await watchersOf(deps, thread, followers, []);
      return { frame, receivers: watchers.map(({ follower }) => follower) };
    },
    left: (id) => frameOf("thread_updated", { id, deleted: true }),
    followedBy: (user) => followedBy(db, user),
    followersOf: (thread, users) => followersOf(db, thread, users),
    havingLeft: (thread, users) => havingLeft(db, thread, users),
    followedSince: (user, bookmark) => followedSince(db, user, bookmark),
    joinedSince: (user, threads) => joinedSince(db, user, threads),
    leftSince: (user, bookmark) => leftSince(db, user, bookmark),
  };
}

function saidIn({ messages, newest }: News): MessageRow[] {
  const said = [...messages.values()];
  if (newest !== null && !messages.has(newest.id)) said.push(newest);
  return said;
}

/** What it takes to tell who may see a thread. */
interface WatcherDeps {
  policies: Pick<Policies, "messagesList" | "threadWsSubscribe">;
  settings: Hiding;
  views: Pick<ViewCache, "ofWatchers">;
}

/** A follower who may see a thread now, and how. */
interface Watcher extends Seen {
  follower: Follower;
}

/**
 * Of followers, those who may see the thread now that `messages` have been said: flagged members, and who is none, but
 * is let by the policy. Row versions of right then spare looking again. The database is asked once for all of them.
 */
async function watchersOf(
  deps: WatcherDeps,
  threadId: number,
  followers: readonly Follower[],
  messages: readonly MessageRow[],
  rowVersions: RowVersions | null = null,
): Promise<Watcher[]> {
  const users = new Map<UserId, HiddenRule>();
  const asked = known(followers, ({ session }) => session.identity);
  const present = asked instanceof Promise ? await asked : asked;
  for (const { session } of present) {
    const { user } = session;
    // What a user sees is looked up once for all their sessions: where one is no superuser's any more, as for that one.
    if (!users.has(user.id) || !user.isSuperuser) users.set(user.id, hiddenFrom(deps.settings, user));
  }
  const views = await deps.views.ofWatchers(threadId, users, messages, rowVersions);
  const watchers: Watcher[] = [];
  const strangers: Watcher[] = [];
  for (const follower of present) {
    const { user } = follower.session;
    const view = views.get(user.id);
    if (view === undefined) continue;
    const watcher = { follower, viewer: user, view, hidden: users.get(user.id)! };
    if (!view.is_member) strangers.push(watcher);
    else {
      const may = isReceiver(deps, user, view);
      if (typeof may === "boolean" ? may : await may) watchers.push(watcher);
    }
  }
  return strangers.length === 0 ? watchers : [...watchers, ...(await admitted(deps, strangers))];
}

/** Whether a member is pushed what happens in their thread, and may read it. */
function isReceiver({ policies }: WatcherDeps, user: Caller, view: WatcherView): boolean | Promise<boolean> {
  if (!holds(view.notifications, NOTIFICATION.WEBSOCKET)) return false;
  return policies.messagesList(user, { method: "GET", params: { thread_id: view.id }, view });
}

/** Of those who are no members, whom the policy lets follow the thread, as who they are now. */
async function admitted({ policies }: WatcherDeps, strangers: readonly Watcher[]): Promise<Watcher[]> {
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
