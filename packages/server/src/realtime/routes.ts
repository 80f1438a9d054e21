import { FreeJson, invalid, texts } from "@colloquy/protocol";
import { Type } from "typebox";
import type { Core } from "../core.ts";
import { defineResource, JsonText, NoContent, reply, withMembers } from "../http/index.ts";
import { threadContext } from "../conversation/context.ts";
import { subscribe } from "../threads/push/queries.ts";
import { syncSince } from "./resume.ts";

const Synced = Type.Object({
  event: Type.String({ description: "Where to go on from" }),
  resync: Type.Boolean({ description: "Too much came since, or the token is none of now: fetch anew" }),
  more: Type.Boolean({ description: "Not all of it is in this answer: ask again with its `event`" }),
  events: Type.Array(FreeJson),
});

/** What one missed, and following one foreign thread over one's sockets. */
export function realtimeResources(core: Core) {
  return [
    defineResource({
      path: "/sync",
      tags: ["realtime"],
      policy: "own",
      methods: {
        GET: {
          summary:
            "What one missed since a token: the frames that a socket would have been pushed, in order, page by page",
          query: Type.Object({ since: Type.String({ description: "The last `event` that the client got" }) }),
          response: { 200: Synced },
          handle: async ({ caller, query }) => {
            if (query.since === undefined) throw invalid({ since: [texts.required] });
            const { events, ...page } = await syncSince(core, caller, query.since);
            return new JsonText(withMembers(JSON.stringify(page), `"events":[${events.join(",")}]`));
          },
        },
      },
    }),
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
