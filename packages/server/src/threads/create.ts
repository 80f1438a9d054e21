import { invalid, refused } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import type { Statement } from "../database/database.ts";
import { limited } from "../runs/limited.ts";
import { checkMode, type WantedMode } from "../runs/mode.ts";
import { memberOf, type RunChange, startRun } from "../runs/steps.ts";
import { unlessOutdated } from "../schemas/outdated.ts";
import { announce } from "../conversation/change/changeThread.ts";
import { commit } from "../conversation/change/commit.ts";
import { schemasIn, type ThreadChange } from "../conversation/change/threadChange.ts";
import { isScripted } from "../conversation/view/view.ts";

const INSERT: Statement = {
  name: "thread_insert",
  text: "insert into thread (type, title) values ($1, $2) returning id",
};

/** What was decided is decided anew this often, where its schema is edited or deleted meanwhile. */
const MAX_TRIES = 20;

export interface NewThread extends WantedMode {
  type: string;
  title: string;
  creator: number;
  notifications: number;
  permissions: number;
}

/** Makes a thread with its creator as its only member, who is at once in the wanted mode. Answers its id. */
export async function createThread(core: Core, wanted: NewThread): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const change = await decide(core, wanted);
    const written = await unlessOutdated(
      core.schemas,
      schemasIn(change),
      core.db.transaction(async (tx) => {
        const [thread] = await tx.query<{ id: number }>(INSERT, [wanted.type, wanted.title]);
        return { id: thread!.id, committed: (await commit(tx, thread!.id, 0, change, true))! };
      }),
    );
    if (written === null) continue;
    announce(core, written.id, change, written.committed);
    return written.id;
  }
  throw refused(503, "The schema is too busy. Try again.", { "retry-after": "1" });
}

/** How a thread begins. @throws 400 with all that is wrong with the mode */
async function decide(core: Core, wanted: NewThread): Promise<ThreadChange> {
  const { type, title: _title, creator: user_id, notifications, permissions, ...mode } = wanted;
  const checked = await checkMode(core, mode);
  if ("errors" in checked) throw invalid(checked.errors);
  const owner = { user_id, notifications, permissions, language: null, ...checked.mode };
  const begun: RunChange | null =
    checked.schema !== null && isScripted(owner.state)
      ? startRun(limited(core.settings, type, checked.schema), owner, checked.initial)
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
