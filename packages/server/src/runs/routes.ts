import { type FieldErrors, fields, Pk, ThreadDetail } from "@colloquy/protocol";
import { authorOf, findDetail, mayReadThread, threadContext } from "../conversation/context.ts";
import type { ShowDeps } from "../conversation/view/wire.ts";
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
            "Rolls back the run of the caller to the previous question, or to the given one. Messages of the run after that question are deleted; messages of other people stay. The response is 204 if that question is already the current one. Requires permission 2048 (roll back one's own run).",
          body: fields(
            {
              message: Pk({
                nullable: true,
                required: false,
                description: "In the state `scripted`: the id of the message that shows the question",
              }),
              question: Pk({
                nullable: true,
                required: false,
                description: "In the state `scripted_fe_controlled`: the id of the question",
              }),
            },
            { title: "Rollback", description: "The question to go back to; by default the previous one" },
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
            return findDetail(deps, view.id, caller);
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
