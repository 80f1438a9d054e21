import { isDeepStrictEqual } from "node:util";
import { type CompiledSchema, Form, type Json } from "@colloquy/engine";
import { denied, notFound, refused } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import type { Compat } from "../http/compat.ts";
import type { NewEvent } from "../log/loggedEvent.ts";
import type { Log } from "../log/publish.ts";
import { unlessOutdated } from "../schemas/outdated.ts";
import type { SchemaStore } from "../schemas/store.ts";
import { publishSurvey } from "./publishSurvey.ts";
import {
  commitSurvey,
  findSnapshot,
  type Put,
  type Snapshot,
  type SurveyChange,
  type SurveyCommitted,
  type SurveyRow,
} from "./queries.ts";

/** What it takes to change surveys. */
export interface SurveyDeps {
  db: Queryable;
  log: Pick<Log, "publish">;
  schemas: Pick<SchemaStore, "forget" | "get">;
  settings: Compat & { surveys: { withoutState: readonly string[] } };
}

/** What was decided: answers to store, in place of earlier ones to their questions, and items to delete. */
export interface Decision {
  puts: readonly Put[];
  drops: readonly number[];
}

/** A survey after a change, and what was written; nothing where it was only verified. */
export interface Changed {
  survey: SurveyRow;
  change: SurveyChange;
  committed: SurveyCommitted | null;
}

/** A change is decided anew this often before the survey counts as too busy. */
const MAX_TRIES = 100;

/** Whether whoever changes a survey may, as it is now. */
export type May = (survey: Snapshot) => boolean | Promise<boolean>;

/**
 * Changes the answers of a survey: decides on what is there, writes it with all that follows if that is still so,
 * and else looks again, asks whether they still may, and decides anew. `decide` is therefore called more than once,
 * and must only read. With `verify` nothing is written.
 */
export async function changeSurvey(
  deps: SurveyDeps,
  seen: Snapshot,
  may: May,
  decide: (survey: Snapshot, schema: CompiledSchema) => Decision | Promise<Decision>,
  { verify = false } = {},
): Promise<Changed> {
  let survey: Snapshot | null = seen;
  for (let tries = 0; survey !== null && tries < MAX_TRIES; tries++) {
    // Each time anew: a schema that may be edited may have other questions by now.
    const schema = await deps.schemas.get(survey.schema_id);
    // A schema is not deleted before its surveys are.
    if (schema === null) throw notFound();
    const change = follow(deps, schema, survey, await decide(survey, schema));
    const { state, variables, failure } = change;
    if (verify) return { survey: { ...survey, state, variables, failure }, change, committed: null };
    const writing = commitSurvey(deps.db, survey, change);
    const committed = await unlessOutdated(deps.schemas, [survey.schema_id], writing);
    if (committed !== null) {
      const { id, user_id } = survey;
      publishSurvey(deps.log, { id, user_id }, committed, change.events, change.puts.length);
      const { revision, updated } = committed;
      return { survey: { ...survey, state, variables, failure, revision, updated }, change, committed };
    }
    survey = await findSnapshot(deps.db, seen.id);
    if (survey !== null && !(await may(survey)))
      throw deps.settings.compat === undefined ? notFound() : denied();
  }
  if (survey === null) throw notFound();
  throw refused(503, "The survey is too busy. Try again.", { "retry-after": "1" });
}

/** All that follows from a decision. */
function follow(
  deps: SurveyDeps,
  schema: CompiledSchema,
  survey: Snapshot,
  { puts, drops }: Decision,
): SurveyChange {
  const replaced = new Set(puts.map((put) => put.question_id));
  const staying = survey.given.filter(
    ({ id, question_id }) => !drops.includes(id) && !replaced.has(question_id),
  );
  const form = new Form(
    schema,
    [...staying, ...puts].map(({ question_id, answers }) => ({ question: question_id, answers })),
  );
  const keeps = keepsState(deps, schema);
  const isActive = (question: number) => !keeps || form.isActive(question);
  const { variables, failure } = form;
  const after = { ...survey, variables, failure, state: keeps ? form.state : survey.state };
  return {
    state: after.state,
    variables,
    failure,
    puts: puts.map((put) => ({ ...put, active: isActive(put.question_id) })),
    drops,
    flags: staying
      .map(({ id, question_id, active }) => ({ id, before: active, active: isActive(question_id) }))
      .filter(({ before, active }) => before !== active)
      .map(({ id, active }) => ({ id, active })),
    events: events(schema, survey, after),
  };
}

/** Whether surveys of this schema have a state. */
export function keepsState({ settings }: Pick<SurveyDeps, "settings">, { schema }: CompiledSchema): boolean {
  return !settings.surveys.withoutState.includes(schema.type);
}

type Told = Pick<SurveyRow, "user_id" | "schema_id" | "state" | "variables" | "failure">;

/** What is told of a survey that changed, or began. Complete from the start is no completion: nobody has answered. */
export function events({ schema }: CompiledSchema, before: Told | null, after: Told): NewEvent[] {
  const about = { user: after.user_id, schema: schema.id };
  const told: NewEvent[] = [{ type: "survey_updated", data: about }];
  const { failure, state, variables } = after;
  if (before !== null && state?.completed && !before.state?.completed)
    told.push({ type: "survey_completed", data: { ...about, variables: variables as Json } });
  if (failure !== null && !isDeepStrictEqual(failure, before?.failure)) {
    const { code, qid, message } = failure;
    told.push({ type: "schema_failed", data: { ...about, code, qid, detail: message } });
  }
  return told;
}
