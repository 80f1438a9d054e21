import { FreeJson, invalid, texts } from "@colloquy/protocol";
import { Type } from "typebox";
import { defineResource, JsonText, withMembers } from "../http/index.ts";
import type { ReplayDeps } from "./replay.ts";
import { type StandingDeps, syncSince } from "./resume.ts";

const Synced = Type.Object(
  {
    event: Type.String({ description: "Where to go on from" }),
    resync: Type.Boolean({ description: "Too much came since, or the token is none of now: fetch anew" }),
    more: Type.Boolean({ description: "Not all of it is in this answer: ask again with its `event`" }),
    events: Type.Array(FreeJson, {
      description: "The frames, as `{message, data, event}`: what each holds is told by its `message`",
    }),
  },
  { title: "Missed", description: "What somebody missed, or a part of it" },
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
          summary: "Get what the caller missed",
          description:
            "The frames that a socket would have been pushed since a token, in order and page by page: for who has no socket open.",
          query: Type.Object({ since: Type.String({ description: "The last `event` that the client got" }) }),
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
