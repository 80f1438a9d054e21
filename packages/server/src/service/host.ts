import { notFound, type UserId } from "@colloquy/protocol";
import { type Author, memberAuthor } from "../conversation/change/changeThread.ts";
import type { SeeDeps } from "../conversation/context.ts";
import type { SeenMessage } from "../conversation/view/message.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { hiddenFrom, type Viewer } from "../conversation/view/visibility.ts";
import type { Queryable } from "../database/database.ts";
import { ALL_PERMISSIONS } from "../policies/bits.ts";
import type { Caller } from "../policies/caller.ts";
import { expectUserId, type UserIds } from "../policies/userIds.ts";
import { expectId, openReader, type Reader } from "./input.ts";

/** What it takes to act as the host. */
export interface HostDeps {
  db: Queryable;
  views: SeeDeps["views"];
  settings: SeeDeps["settings"] & UserIds;
}

/** The host as an author: it acts in its own name or in somebody's, and no policy is asked. */
export interface Host {
  /** Nobody in particular, who may see everything. */
  caller: Caller;
  /** In nobody's name. */
  author: Author;
  /** In a user's name. */
  authorAs(user: UserId): Author;
  /** An id that the host gave. @throws TypeError for what can be no user's id */
  user(id: UserId): UserId;
  /** The same for one that may be left out. */
  sender(id: UserId | null | undefined): UserId | null;
  /** What was given, by the rules of the API. @throws 400 with all that is wrong with it */
  read: Reader;
  /** A thread as nobody sees it. @throws 404 where there is none */
  view(thread: number): Promise<ThreadView>;
  /** A thread as a user sees it. @throws 404 where there is none */
  viewAs(thread: number, user: UserId): Promise<ThreadView>;
  /** A message as a viewer sees it. @throws 404 where there is none */
  message(thread: number, message: number, viewer: Viewer): Promise<SeenMessage>;
}

export function openHost({ db, views, settings }: HostDeps): Host {
  const { ids } = settings.accounts;
  const nobody: Caller = { ...asUser(ids === "integer" ? 0 : ""), isSuperuser: true };
  const user = (id: UserId) => expectUserId(ids, id, "A call");

  async function find(thread: number, viewer: Caller): Promise<ThreadView> {
    const view = await views.find(expectId(thread, "thread"), viewer.id, hiddenFrom(settings, viewer));
    if (view === null) throw notFound();
    return view;
  }

  return {
    caller: nobody,
    author: { viewer: nobody, may: () => true, grants: () => ALL_PERMISSIONS },
    authorAs: (id) => memberAuthor(asUser(id), () => true),
    user,
    read: openReader(ids),
    sender: (id) => (id == null ? null : user(id)),
    view: (thread) => find(thread, nobody),
    viewAs: (thread, id) => find(thread, asUser(user(id))),
    async message(thread, message, viewer) {
      const [at, id] = [expectId(thread, "thread"), expectId(message, "message")];
      const row = await findMessage(db, at, id, viewer.id, hiddenFrom(settings, viewer));
      if (row === null) throw notFound();
      return row;
    },
  };
}

/** A user without rights beyond those of a member. */
export function asUser(id: UserId): Caller {
  return { id, isSuperuser: false, language: null, timeZone: null };
}
