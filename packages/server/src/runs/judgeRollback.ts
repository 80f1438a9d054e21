import type { CompiledSchema } from "@colloquy/engine";
import { type FieldErrors, texts } from "@colloquy/protocol";
import { findMessage } from "../conversation/view/messageQueries.ts";
import type { ThreadTypes } from "../conversation/view/threadTypes.ts";
import { isScripted, type ThreadView } from "../conversation/view/view.ts";
import { type Hiding, hiddenFrom, type Viewer } from "../conversation/view/visibility.ts";
import type { Queryable } from "../database/database.ts";
import type { SchemaStore } from "../schemas/store.ts";
import type { RunHistory } from "./history.ts";
import { limited } from "./limited.ts";
import { findRun } from "./queries.ts";
import { type Rollback, rollbackControlled, rollbackScripted } from "./rollback.ts";

/** What it takes to judge where somebody wants to go back to. */
export interface RollbackDeps {
  db: Queryable;
  schemas: Pick<SchemaStore, "get" | "ofQuestion">;
  settings: Hiding & ThreadTypes;
}

/** Where somebody wants to go back to. What was sent, but could not be read, is not judged. */
export interface Wanted {
  message: number | null | "unreadable";
  question: number | null | "unreadable";
}

/** What going back changes, or all that is wrong with it. */
export async function judgeRollback(
  deps: RollbackDeps,
  view: ThreadView,
  caller: Viewer,
  wanted: Wanted,
): Promise<Rollback> {
  const schema =
    isScripted(view.state) && view.run_id !== null
      ? limited(deps.settings, view.type, (await deps.schemas.get(view.schema_id!))!)
      : null;
  const foreign = await questionErrors(deps, schema, wanted.question);
  const judged =
    schema === null
      ? { errors: { non_field_errors: [texts.WRONG_STATE] } }
      : judge(schema, view, await findRun(deps.db, view.run_id!), wanted, "question" in foreign);
  // A message of the run is where it goes back to, though it were hidden from whom it asks.
  const isFound = view.state === "scripted" && "change" in judged;
  const unknown = isFound ? {} : await messageErrors(deps, view, caller, wanted.message);
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
  deps: RollbackDeps,
  schema: CompiledSchema | null,
  id: Wanted["question"],
): Promise<FieldErrors> {
  if (typeof id !== "number" || schema?.byId.has(id)) return {};
  const exists = (await deps.schemas.ofQuestion(id)) !== null;
  return { question: [exists ? texts.QUESTION_FROM_WRONG_SCHEMA : texts.pkNotFound(id)] };
}

/** That the caller sees no such message in the thread. */
async function messageErrors(
  deps: RollbackDeps,
  view: ThreadView,
  caller: Viewer,
  id: Wanted["message"],
): Promise<FieldErrors> {
  if (typeof id !== "number") return {};
  const found = await findMessage(deps.db, view.id, id, caller.id, hiddenFrom(deps.settings, caller));
  return found === null ? { message: [texts.pkNotFound(id)] } : {};
}
