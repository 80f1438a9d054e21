import { type ApiError, denied } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import type { Caller } from "../policies/caller.ts";
import { hiddenFrom } from "./view/visibility.ts";
import { type Author, memberAuthor } from "./change/changeThread.ts";
import type { ThreadView } from "./view/view.ts";

/** A caller as the author of what they asked for at an address of the thread. */
export function authorOf(
  caller: Caller,
  allows: (changed: { view: ThreadView }) => Promise<boolean>,
): Author {
  return memberAuthor(caller, (view) => allows({ view }));
}

/** Whether somebody may see a thread and its newest message now. */
export async function mayReadThread(core: Core, caller: Caller, id: number): Promise<boolean> {
  const view = await core.views.find(id, caller.id, hiddenFrom(core.settings, caller));
  if (view === null) return false;
  const asked = { method: "GET", params: { thread_id: id }, view };
  return (await core.policies.threadObject(caller, asked)) && core.policies.messagesList(caller, asked);
}

export interface ThreadContext {
  view: ThreadView;
}

/** The thread of an address as the caller sees it. One that does not exist is refused like one that is not theirs. */
export async function threadContext(
  core: Core,
  call: { caller: Caller; params: { thread_id: number | null } },
): Promise<ThreadContext | ApiError> {
  const { caller, params } = call;
  if (params.thread_id === null) return denied();
  const view = await core.views.find(params.thread_id, caller.id, hiddenFrom(core.settings, caller));
  return view === null ? denied() : { view };
}
