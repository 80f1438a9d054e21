import type { CompiledSchema } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { findMessage, findRun } from "../messages/queries.ts";
import type { Viewer } from "../conversation/view/visibility.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { isScripted, type ThreadView } from "../conversation/view/view.ts";
import type { RunHistory } from "./history.ts";
import { limited } from "./limited.ts";
import { type Rollback, rollbackControlled, rollbackScripted } from "./rollback.ts";

/** Where somebody wants to go back to. What was sent, but could not be read, is not judged. */
export interface Wanted {
  message: number | null | "unreadable";
  question: number | null | "unreadable";
}

/** What going back changes, or all that is wrong with it. */
export async function judgeRollback(
  core: Core,
  view: ThreadView,
  caller: Viewer,
  wanted: Wanted,
): Promise<Rollback> {
  const schema =
    isScripted(view.state) && view.run_id !== null
      ? limited(core.settings, view.type, (await core.schemas.get(view.schema_id!))!)
      : null;
  const foreign = await questionErrors(core, schema, wanted.question);
  const judged =
    schema === null
      ? { errors: { non_field_errors: [texts.WRONG_STATE] } }
      : judge(schema, view, await findRun(core.db, view.run_id!), wanted, "question" in foreign);
  // A message of the run is where it goes back to, though it were hidden from whom it asks.
  const isFound = view.state === "scripted" && "change" in judged;
  const unknown = isFound ? {} : await messageErrors(core, view, caller, wanted.message);
  const errors = { ...("errors" in judged ? judged.errors : {}), ...unknown, ...foreign };
  return Object.keys(errors).length > 0 ? { errors } : judged;
}

function judge(
  schema: CompiledSchema,
  view: ThreadView,
  run: RunHistory,
  { message, question }: Wanted,
  isForeign: boolean,
): Rollback {
  if (view.state === "scripted")
    return message === "unreadable" ? { change: null } : rollbackScripted(schema, view, run, message);
  if (question === null) return { errors: { question: [texts.REQUIRED] } };
  return question === "unreadable" || isForeign
    ? { change: null }
    : rollbackControlled(schema, view, run, question);
}

/** That a question is none of the run's schema, or none at all. */
async function questionErrors(
  core: Core,
  schema: CompiledSchema | null,
  id: Wanted["question"],
): Promise<FieldErrors> {
  if (typeof id !== "number" || schema?.byId.has(id)) return {};
  const exists = (await core.schemas.ofQuestion(id)) !== null;
  return { question: [exists ? texts.QUESTION_FROM_WRONG_SCHEMA : texts.pkNotFound(id)] };
}

/** That the caller sees no such message in the thread. */
async function messageErrors(
  core: Core,
  view: ThreadView,
  caller: Viewer,
  id: Wanted["message"],
): Promise<FieldErrors> {
  if (typeof id !== "number") return {};
  const found = await findMessage(core.db, view.id, id, caller.id, hiddenFrom(core.settings, caller));
  return found === null ? { message: [texts.pkNotFound(id)] } : {};
}
