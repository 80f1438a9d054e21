import type { Core } from "../core.ts";
import type { Caller } from "../policies/caller.ts";
import type { ThreadView } from "../conversation/view/view.ts";
import { markRead, markReadUpTo, type SeenMessage } from "./queries.ts";

/** Messages that a member has got are read from now on; the rows still say how it was. */
export async function readMessages(
  core: Core,
  view: ThreadView,
  reader: Caller,
  rows: readonly SeenMessage[],
): Promise<void> {
  const fresh = rows.filter((row) => !row.is_read).map((row) => row.seq);
  if (!view.is_member || fresh.length === 0) return;
  await markRead(core.db, view.id, reader.id, fresh);
  core.hub.unreadChanged(reader.id, view.id);
}

/** Everything up to a message is read. */
export async function readUpTo(core: Core, view: ThreadView, reader: Caller, seq: number): Promise<void> {
  if (!view.is_member) return;
  await markReadUpTo(core.db, view.id, reader.id, seq);
  core.hub.unreadChanged(reader.id, view.id);
}
