import { type SeeDeps, threadContext } from "../../conversation/context.ts";
import type { Queryable } from "../../database/database.ts";
import { defineResource, NoContent, reply } from "../../http/index.ts";
import type { Hub } from "../../realtime/hub.ts";
import { subscribe } from "./following.ts";

/** What it takes to follow a thread from outside. */
export interface FollowDeps extends SeeDeps {
  db: Queryable;
  hub: Pick<Hub, "refresh">;
}

/** Following one foreign thread over one's sockets. */
export function followResources(deps: FollowDeps) {
  return [
    defineResource({
      path: "/threads/:thread_id/ws-subscribe",
      params: { thread_id: "id" },
      tags: ["realtime"],
      policy: "threadWsSubscribe",
      context: (call) => threadContext(deps, call),
      methods: {
        POST: {
          summary: "Follow a thread without being a member; replaces the one followed before",
          response: { 204: NoContent },
          handle: async ({ caller, context: { view } }) => {
            const replaced = await subscribe(deps.db, caller.id, view.id);
            if (replaced !== null && replaced !== view.id) await deps.hub.refresh(caller.id, replaced);
            await deps.hub.refresh(caller.id, view.id);
            return reply(204);
          },
        },
      },
    }),
  ];
}
