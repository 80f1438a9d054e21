import { invalid } from "@colloquy/protocol";
import { type Author, type ChangeDeps, changeThread } from "../conversation/change/changeThread.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { judgeRollback, type RollbackDeps, type Wanted } from "./judgeRollback.ts";

/** What it takes to go back in a run. */
export interface GoBackDeps extends ChangeDeps, RollbackDeps {
  schemas: ChangeDeps["schemas"] & RollbackDeps["schemas"];
  settings: ChangeDeps["settings"] & RollbackDeps["settings"];
}

/** Takes the author's own run back to an earlier question; false where there is nothing to change. */
export function goBack(deps: GoBackDeps, seen: ThreadView, author: Author, wanted: Wanted): Promise<boolean> {
  return changeThread<boolean>(deps, seen, author, async (view) => {
    const judged = await judgeRollback(deps, view, author.viewer, wanted);
    if ("errors" in judged) throw invalid(judged.errors);
    const { change } = judged;
    return change === null ? { result: false } : { change, done: () => true };
  });
}
