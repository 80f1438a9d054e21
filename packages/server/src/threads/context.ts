import { type ApiError, denied } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import type { Caller } from "../http/caller.ts";
import { hiddenFrom } from "../messages/visibility.ts";
import type { ThreadView } from "./view.ts";

/** The thread of an address as the caller sees it. One that does not exist is refused like one that is not theirs. */
export async function threadContext(
  core: Core,
  call: { caller: Caller; params: { thread_id: number | null } },
): Promise<{ view: ThreadView } | ApiError> {
  const { caller, params } = call;
  if (params.thread_id === null) return denied();
  const view = await core.views.find(params.thread_id, caller.id, hiddenFrom(core.settings, caller));
  return view === null ? denied() : { view };
}
