import type { Unread } from "@colloquy/protocol";
import { type Hiding, hiddenFrom } from "../../conversation/view/visibility.ts";
import type { Queryable } from "../../database/database.ts";
import type { CountFeed, CountOf } from "../../realtime/feeds.ts";
import { frameOf } from "../../realtime/frame.ts";
import { unreadEverywhere, unreadIn, unreadPage } from "./unreadQueries.ts";

/** What is pushed of what people have not read. */
export function openUnreadFeed({ db, settings }: { db: Queryable; settings: Hiding }): CountFeed {
  return {
    of: async (user, threads) =>
      (await unreadIn(db, threads, user.id, hiddenFrom(settings, user))).map(counted),
    everywhere: async (user) =>
      (await unreadEverywhere(db, user.id, hiddenFrom(settings, user))).map(counted),
    page: async (user, page) =>
      (await unreadPage(db, user.id, hiddenFrom(settings, user), page)).map(counted),
  };
}

function counted(unread: Unread): CountOf {
  return { thread: unread.thread, frame: frameOf("unread_changed", unread) };
}
