import { type ApiError, denied, notFound, type ThreadDetail } from "@colloquy/protocol";
import type { Caller } from "../policies/caller.ts";
import type { Policies } from "../policies/policies.ts";
import { type Author, memberAuthor } from "./change/changeThread.ts";
import type { ThreadView } from "./view/view.ts";
import type { ViewCache } from "./view/viewCache.ts";
import { type Hiding, hiddenFrom } from "./view/visibility.ts";
import { type ShowDeps, toThreadDetail } from "./view/wire.ts";

/** What it takes to see a thread. */
export interface SeeDeps {
  views: Pick<ViewCache, "find">;
  settings: Hiding;
}

/** A caller as the author of what they asked for at an address of the thread. */
export function authorOf(
  caller: Caller,
  allows: (changed: { view: ThreadView }) => Promise<boolean>,
): Author {
  return memberAuthor(caller, (view) => allows({ view }));
}

/** Whether somebody may see a thread and its newest message now. */
export async function mayReadThread(
  deps: SeeDeps & { policies: Policies },
  caller: Caller,
  id: number,
): Promise<boolean> {
  const view = await deps.views.find(id, caller.id, hiddenFrom(deps.settings, caller));
  if (view === null) return false;
  const asked = { method: "GET", params: { thread_id: id }, view };
  return (await deps.policies.threadObject(caller, asked)) && deps.policies.messagesList(caller, asked);
}

/** A thread as the caller sees it now. @throws 404 where there is none */
export async function findDetail(
  deps: SeeDeps & ShowDeps,
  id: number,
  caller: Caller,
): Promise<ThreadDetail> {
  const view = await deps.views.find(id, caller.id, hiddenFrom(deps.settings, caller));
  if (view === null) throw notFound();
  return toThreadDetail(deps, view, caller);
}

export interface ThreadContext {
  view: ThreadView;
}

/** The thread of an address as the caller sees it. One that does not exist is refused like one that is not theirs. */
export async function threadContext(
  deps: SeeDeps,
  call: { caller: Caller; params: { thread_id: number | null } },
): Promise<ThreadContext | ApiError> {
  const { caller, params } = call;
  if (params.thread_id === null) return denied();
  const view = await deps.views.find(params.thread_id, caller.id, hiddenFrom(deps.settings, caller));
  return view === null ? denied() : { view };
}
