import { fields, invalid, Pk, ThreadDetail, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { defineResource, NoContent, reply } from "../http/index.ts";
import { findRun } from "../messages/queries.ts";
import { hiddenFrom } from "../messages/visibility.ts";
import { type Author, changeThread } from "../threads/change.ts";
import { authorOf, mayReadThread, threadContext } from "../threads/context.ts";
import { isScripted, type ThreadView } from "../threads/view.ts";
import { toThreadDetail } from "../threads/wire.ts";
import { limited } from "./limited.ts";
import { rollbackControlled, rollbackScripted } from "./rollback.ts";

/** Going back in one's own run. */
export function runResources(core: Core) {
  return [
    defineResource({
      path: "/threads/:thread_id/rollback",
      params: { thread_id: "id" },
      tags: ["threads"],
      policy: "threadRollback",
      context: (call) => threadContext(core, call),
      methods: {
        POST: {
          summary: "Go back to an earlier question of one's own run",
          body: fields({
            message: Pk({ nullable: true, required: false }),
            question: Pk({ nullable: true, required: false }),
          }),
          response: { 200: ThreadDetail, 204: NoContent },
          handle: async ({ caller, context: { view }, body, allows }) => {
            const author = authorOf(caller, allows);
            const went = await rollback(core, view, author, body.message ?? null, body.question ?? null);
            if (!went) return reply(204);
            const now = await core.views.find(view.id, caller.id, hiddenFrom(core.settings, caller));
            return toThreadDetail(core, now!, caller);
          },
          mayRepeat: ({ caller, context: { view } }) => mayReadThread(core, caller, view.id),
        },
      },
    }),
  ];
}

/** Takes the caller's run back; false where there is nothing to change. */
function rollback(
  core: Core,
  seen: ThreadView,
  author: Author,
  message: number | null,
  question: number | null,
): Promise<boolean> {
  return changeThread<boolean>(core, seen, author, async (view) => {
    if (!isScripted(view.state) || view.run_id === null)
      throw invalid({ non_field_errors: [texts.WRONG_STATE] });
    const schema = limited(core.settings, view.type, (await core.schemas.get(view.schema_id!))!);
    const run = await findRun(core.db, view.run_id);
    if (view.state === "scripted") return went(rollbackScripted(schema, view, run, message));
    if (question === null) throw invalid({ question: [texts.REQUIRED] });
    if (schema.byId.has(question)) return went(rollbackControlled(schema, view, run, question));
    const foreign = (await core.schemas.ofQuestion(question)) !== null;
    throw invalid({ question: [foreign ? texts.QUESTION_FROM_WRONG_SCHEMA : texts.pkNotFound(question)] });
  });
}

function went(outcome: ReturnType<typeof rollbackControlled>) {
  if (outcome instanceof Error) throw outcome;
  return outcome === null ? { result: false } : { change: outcome, done: () => true };
}
