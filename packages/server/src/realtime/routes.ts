import { FreeJson, invalid, texts } from "@colloquy/protocol";
import { Type } from "typebox";
import { defineResource, JsonText, withMembers } from "../http/index.ts";
import type { ReplayDeps } from "./replay.ts";
import { type StandingDeps, syncSince } from "./resume.ts";

const Synced = Type.Object(
  {
    event: Type.String({ description: "The token to continue from" }),
    resync: Type.Boolean({
      description:
        "Whether the client must fetch everything again: there were too many events, or the token is not valid",
    }),
    more: Type.Boolean({
      description: "Whether there are more events: repeat the request with `event` of this response",
    }),
    events: Type.Array(FreeJson, {
      description: "The frames: `{message, data, event}`, where `message` is the name of the frame",
    }),
  },
  { title: "Missed", description: "Missed events" },
);

/** What one missed, for who has no socket open. */
export function syncResources(deps: StandingDeps & ReplayDeps) {
  return [
    defineResource({
      path: "/sync",
      tags: ["realtime"],
      policy: "own",
      methods: {
        GET: {
          summary: "Get missed events",
          description:
            "The frames that an open socket would have received since a token, in order and in pages. For clients without a socket.",
          query: Type.Object({
            since: Type.String({ description: "The last `event` that the client received" }),
          }),
          example: { query: { since: "0" } },
          response: { 200: Synced },
          handle: async ({ caller, query }) => {
            if (query.since === undefined) throw invalid({ since: [texts.required] });
            const { events, ...page } = await syncSince(deps, caller, query.since);
            return new JsonText(withMembers(JSON.stringify(page), `"events":[${events.join(",")}]`));
          },
        },
      },
    }),
  ];
}
