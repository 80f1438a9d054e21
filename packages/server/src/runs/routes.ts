import { type FieldErrors, fields, Pk, ThreadDetail } from "@colloquy/protocol";
import { authorOf, mayReadThread, threadContext } from "../conversation/context.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { type ShowDeps, toThreadDetail } from "../conversation/view/wire.ts";
import { defineResource, NoContent, reply } from "../http/index.ts";
import type { Policies } from "../policies/policies.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { type GoBackDeps, goBack } from "./goBack.ts";
import { judgeRollback, type Wanted } from "./judgeRollback.ts";

/** What it takes to go back in one's run. */
export interface RunDeps extends GoBackDeps, ShowDeps {
  policies: Policies;
  schemas: Pick<SchemaStore, "forget" | "get" | "ofQuestion">;
  settings: GoBackDeps["settings"] & ShowDeps["settings"];
}

/** Going back in one's own run. */
export function runResources(deps: RunDeps) {
  return [
    defineResource({
      path: "/threads/:thread_id/rollback",
      params: { thread_id: "id" },
      absent: 403,
      tags: ["threads"],
      policy: "threadRollback",
      context: (call) => threadContext(deps, call),
      methods: {
        POST: {
          summary: "Go back to an earlier question",
          description:
            "Takes the caller's own run back: one question, or to the one that is named. What the run said after it is deleted, what others said stays. Answers 204 where that question waits already. Needs the right to roll back (2048).",
          body: fields(
            {
              message: Pk({
                nullable: true,
                required: false,
                description: "The id of the message that shows the question to go back to, in `scripted`",
              }),
              question: Pk({
                nullable: true,
                required: false,
                description: "The id of the question to go back to, in `scripted_fe_controlled`",
              }),
            },
            { title: "Rollback", description: "Where to go back to; by default one question" },
          ),
          example: { params: { thread_id: 2 }, body: {} },
          response: { 200: ThreadDetail, 204: NoContent },
          rules: async ({ caller, context: { view }, body, problems }) => {
            if (Object.keys(problems).length === 0) return null;
            const judged = await judgeRollback(deps, view, caller, wantedOf(body, problems));
            return "errors" in judged ? judged.errors : null;
          },
          handle: async ({ caller, context: { view }, body, allows }) => {
            const went = await goBack(deps, view, authorOf(caller, allows), wantedOf(body, {}));
            if (!went) return reply(204);
            const now = await deps.views.find(view.id, caller.id, hiddenFrom(deps.settings, caller));
            return toThreadDetail(deps, now!, caller);
          },
          mayRepeat: ({ caller, context: { view } }) => mayReadThread(deps, caller, view.id),
        },
      },
    }),
  ];
}

function wantedOf(
  body: { message?: number | null; question?: number | null },
  problems: FieldErrors,
): Wanted {
  return {
    message: "message" in problems ? "unreadable" : (body.message ?? null),
    question: "question" in problems ? "unreadable" : (body.question ?? null),
  };
}
