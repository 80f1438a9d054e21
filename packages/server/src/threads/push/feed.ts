import type { Said } from "../../conversation/change/written.ts";
import type { MessageRow } from "../../conversation/view/message.ts";
import { ofThreadType } from "../../conversation/view/threadTypes.ts";
import type { ShowDeps } from "../../conversation/view/threadWire.ts";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../log/publish.ts";
import type { StreamFeed } from "../../realtime/feeds.ts";
import { type Frame, frameOf } from "../../realtime/frame.ts";
import { followedBy, followedSince, followersOf, havingLeft, joinedSince, leftSince } from "./following.ts";
import { type News, newsOf, openNews } from "./news.ts";
import { isPushed, openFrames } from "./threadFrames.ts";
import { type Watcher, type WatcherDeps, watchersOf } from "./watchers.ts";

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
      const watching = new Map(watchers.map((watcher) => [watcher.follower, watcher]));
      const byUser = new Map<number, (Frame | null)[]>();
      return {
        events,
        receivers: [...watching.keys()],
        framesFor(receiver) {
          const watcher: Watcher = watching.get(receiver)!;
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
