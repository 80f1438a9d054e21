import type { State, Thread, ThreadDetail, UserId } from "@colloquy/protocol";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { toThreadDetail, toThreads } from "../conversation/view/wire.ts";
import { NewThreadBody } from "../threads/adminRoutes.ts";
import { createThread, type NewThread, usualThread } from "../threads/create.ts";
import { editThread } from "../threads/edit.ts";
import { type FollowDeps, follow } from "../threads/push/follow.ts";
import { ALL_THREADS_LIST, listAllThreads, listThreads, THREAD_LIST } from "../threads/queries.ts";
import { ThreadEditBody, type ThreadRouteDeps } from "../threads/routes.ts";
import { asUser, type Host } from "./host.ts";
import { type ListOptions, partOf } from "./query.ts";

/** Conversations. */
export interface ThreadService {
  /** Makes a thread with its first member, who may at once be led through a schema. */
  create(thread: Partial<NewThread> & { creator: UserId }): Promise<ThreadDetail>;
  /** A thread as a user sees it. */
  get(thread: number, user: UserId): Promise<ThreadDetail>;
  /** A user's threads of all types, most recently updated first; at most 20 unless `limit` says otherwise. */
  list(user: UserId, options?: ListOptions): Promise<Thread[]>;
  /** Everybody's threads, or those of a `member`, newest first, as nobody in particular sees them. */
  listAll(options?: ListOptions & { member?: UserId }): Promise<Thread[]>;
  /** Changes the title, or everybody's state. */
  edit(thread: number, edit: { title?: string; state?: State }): Promise<void>;
  /** Lets somebody follow a thread over their sockets without being a member, in place of the one before. */
  follow(thread: number, user: UserId): Promise<void>;
}

const LIST = {
  ...THREAD_LIST,
  filters: { ...THREAD_LIST.filters, type: { column: "t.type", kind: "text" } },
} as const;

export function threadService(deps: ThreadRouteDeps & FollowDeps, host: Host): ThreadService {
  const { settings } = deps;

  async function get(thread: number, user: UserId): Promise<ThreadDetail> {
    return toThreadDetail(deps, await host.viewAs(thread, user), asUser(user));
  }

  return {
    async create(thread) {
      const creator = host.user(thread.creator);
      host.sender(thread.automated_sender);
      const wanted = { ...usualThread(settings), ...host.read(NewThreadBody, thread), creator };
      return get(await createThread(deps, wanted as NewThread), creator);
    },
    get,
    async list(user, options = {}) {
      const viewer = asUser(host.user(user));
      const page = partOf(options, LIST, settings.accounts.ids);
      return toThreads(deps, await listThreads(deps.db, user, hiddenFrom(settings, viewer), page), viewer);
    },
    async listAll({ member, ...options } = {}) {
      const { viewer } = host.author;
      const page = partOf(options, ALL_THREADS_LIST, settings.accounts.ids);
      const wanted = { ...page, member: host.sender(member) };
      const views = await listAllThreads(deps.db, viewer.id, hiddenFrom(settings, viewer), wanted);
      return toThreads(deps, views, host.caller);
    },
    async edit(thread, edit) {
      const { title, state } = edit;
      const read = host.read(ThreadEditBody, { title, state });
      await editThread(deps, await host.view(thread), host.author, read);
    },
    follow: async (thread, user) => follow(deps, host.user(user), (await host.view(thread)).id),
  };
}
