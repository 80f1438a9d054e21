import type { UserId } from "@colloquy/protocol";
import type { Queryable } from "../../database/database.ts";
import type { Hub } from "../../realtime/hub.ts";
import { subscribe } from "./following.ts";

/** What it takes to follow a thread from outside. */
export interface FollowDeps {
  db: Queryable;
  hub: Pick<Hub, "refresh">;
}

/** Lets somebody follow a thread over their sockets without being a member, in place of the one before. */
export async function follow({ db, hub }: FollowDeps, user: UserId, thread: number): Promise<void> {
  const replaced = await subscribe(db, user, thread);
  if (replaced !== null && replaced !== thread) await hub.refresh(user, replaced);
  await hub.refresh(user, thread);
}
