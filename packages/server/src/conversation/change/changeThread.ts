import { denied, refused } from "@colloquy/protocol";
import type { Core } from "../../core.ts";
import { hiddenFrom, type Viewer } from "../view/visibility.ts";
import { countThreadChange } from "../../metrics/countEvents.ts";
import type { Sighting } from "../../threads/push/news.ts";
import { unlessOutdated } from "../../schemas/outdated.ts";
import { announced } from "./announced.ts";
import type { Committed } from "./commit.ts";
import { schemasIn, type ThreadChange } from "./threadChange.ts";
import { touches } from "../view/threadTypes.ts";
import type { ThreadView } from "../view/view.ts";

/** What was decided: a change and what it means once written, or nothing to change. */
export type Decision<Result> =
  | { change: ThreadChange; done: (committed: Committed) => Result | Promise<Result> }
  | { result: Result };

/** A change is decided anew this often before the thread counts as too busy. */
const MAX_TRIES = 100;

/** Who changes a thread, and what they may do there as they see it now. */
export interface Author {
  viewer: Viewer;
  /** The policy of what they asked for. */
  may(view: ThreadView): boolean | Promise<boolean>;
  /** The permissions that they may give to others. */
  grants(view: ThreadView): number;
}

/** Somebody who holds rights of their own in the thread. */
export function memberAuthor(viewer: Viewer, may: Author["may"]): Author {
  return { viewer, may, grants: ({ permissions }) => permissions };
}

/**
 * Changes a thread: decides on what the author saw when they were let in, writes it if that is still so, and else
 * looks again, asks the policy again and decides anew. `decide` is therefore called more than once, and must only read.
 */
export async function changeThread<Result>(
  core: Core,
  seen: ThreadView,
  { viewer, may }: Author,
  decide: (view: ThreadView) => Decision<Result> | Promise<Decision<Result>>,
): Promise<Result> {
  let view = seen;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const decision = await decide(view);
    if ("result" in decision) return decision.result;
    const { change } = decision;
    const writing = core.commits.commit(view, change, touches(core.settings, view.type, change));
    const committed = await unlessOutdated(core.schemas, schemasIn(change), writing);
    if (committed !== null) {
      announce(core, view.id, change, committed);
      return decision.done(committed);
    }
    const now = await core.views.find(view.id, viewer.id, hiddenFrom(core.settings, viewer));
    if (now === null || !(await may(now))) throw denied();
    view = now;
  }
  throw refused(503, "The thread is too busy. Try again.", { "retry-after": "1" });
}

/** Tells the hub, the host's reader and the metrics of what was committed, and of how it found who watches. */
export function announce(
  core: Core,
  threadId: number,
  change: ThreadChange,
  committed: Committed,
  sighting: Sighting | null = null,
): void {
  const { joins = [], leaves = [], told = [], events } = change;
  const users = [...joins.map((member) => member.user_id), ...leaves, ...told];
  core.hub.wake(
    threadId,
    committed.event_seq,
    () => announced(threadId, change, committed, sighting),
    users.map((user) => ({ user, after: committed.event_seq - events.length })),
  );
  core.host.wake();
  countThreadChange(core.metrics, change);
}

/** The view after a change, as the caller of it sees it. */
export function committedView(view: ThreadView, committed: Committed, mode: Partial<ThreadView>): ThreadView {
  return {
    ...view,
    ...mode,
    updated: committed.updated,
    seq: committed.seq,
    revision: committed.revision,
    members_revision: committed.members_revision,
  };
}
