import type { Core } from "../core.ts";
import { defineResource, NoContent, reply } from "../http/index.ts";
import { threadContext } from "../threads/context.ts";
import { subscribe } from "./queries.ts";

/** Following one foreign thread over one's sockets. */
export function realtimeResources(core: Core) {
  return [
    defineResource({
      path: "/threads/:thread_id/ws-subscribe",
      params: { thread_id: "id" },
      tags: ["realtime"],
      policy: "threadWsSubscribe",
      context: (call) => threadContext(core, call),
      methods: {
        POST: {
          summary: "Follow a thread without being a member; replaces the one followed before",
          response: { 204: NoContent },
          handle: async ({ caller, context: { view } }) => {
            const replaced = await subscribe(core.db, caller.id, view.id);
            if (replaced !== null && replaced !== view.id) await core.hub.refresh(caller.id, replaced);
            await core.hub.refresh(caller.id, view.id);
            return reply(204);
          },
        },
      },
    }),
  ];
}
