import { type SeeDeps, threadContext } from "../../conversation/context.ts";
import { defineResource, NoContent, reply } from "../../http/index.ts";
import { type FollowDeps, follow } from "./follow.ts";

/** What it takes to let callers follow a thread from outside. */
export interface FollowRouteDeps extends SeeDeps, FollowDeps {}

/** Following one foreign thread over one's sockets. */
export function followResources(deps: FollowRouteDeps) {
  return [
    defineResource({
      path: "/threads/:thread_id/ws-subscribe",
      params: { thread_id: "id" },
      absent: 403,
      tags: ["realtime"],
      policy: "threadWsSubscribe",
      context: (call) => threadContext(deps, call),
      methods: {
        POST: {
          summary: "Follow a thread from outside",
          description:
            "Sends the events of the thread over the sockets of the caller, who need not be a member. Replaces the thread that the caller followed before. Superusers only.",
          response: { 204: NoContent },
          handle: async ({ caller, context: { view } }) => {
            await follow(deps, caller.id, view.id);
            return reply(204);
          },
        },
      },
    }),
  ];
}
