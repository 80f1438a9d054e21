import { invalid, type UserId } from "@colloquy/protocol";
import { type BeginDeps, beginThread } from "../conversation/change/beginThread.ts";
import type { ThreadChange } from "../conversation/change/threadChange.ts";
import { isScripted } from "../conversation/view/view.ts";
import { limited } from "../runs/limited.ts";
import { checkMode, type ModeDeps, type WantedMode } from "../runs/mode.ts";
import { memberOf, type RunChange, startRun } from "../runs/steps.ts";

export interface NewThread extends WantedMode {
  type: string;
  title: string;
  creator: UserId;
  notifications: number;
  permissions: number;
}

/** Makes a thread with its creator as its only member, who is at once in the wanted mode. Answers its id. */
export function createThread(deps: BeginDeps & ModeDeps, wanted: NewThread): Promise<number> {
  return beginThread(deps, wanted, () => decide(deps, wanted));
}

/** How a thread begins. @throws 400 with all that is wrong with the mode */
async function decide(deps: ModeDeps, wanted: NewThread): Promise<ThreadChange> {
  const { type, title: _title, creator: user_id, notifications, permissions, ...mode } = wanted;
  const checked = await checkMode(deps, mode);
  if ("errors" in checked) throw invalid(checked.errors);
  const owner = { user_id, notifications, permissions, language: null, ...checked.mode };
  const begun: RunChange | null =
    checked.schema !== null && isScripted(owner.state)
      ? startRun(limited(deps.settings, type, checked.schema), owner, checked.initial)
      : null;

  const { members: _members, ...started } = begun?.change ?? { events: [] };
  return {
    ...started,
    joins: [begun?.member ?? memberOf(owner)],
    // The creator's other devices learn of it, too.
    events: [
      { type: "member_joined", data: { user: user_id } },
      ...started.events,
      { type: "thread_updated" },
    ],
  };
}
