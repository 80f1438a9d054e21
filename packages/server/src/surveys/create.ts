import { type CompiledSchema, surveyOf } from "@colloquy/engine";
import { type FieldErrors, invalid, refused, texts, type UserId } from "@colloquy/protocol";
import type { Directory } from "../people/directory.ts";
import { unknownUser } from "../people/unknown.ts";
import { unlessOutdated } from "../schemas/outdated.ts";
import { events, keepsState, type SurveyDeps } from "./change.ts";
import { publishSurvey } from "./publishSurvey.ts";
import { insertSurvey, type SurveyRow } from "./queries.ts";

/** What it takes to begin surveys. */
export interface CreateDeps extends SurveyDeps {
  people: Directory;
  settings: SurveyDeps["settings"] & {
    surveys: { allowedSchemaTypes: readonly string[] };
    schemas: { allowUnpublished: boolean };
  };
}

export interface Beginning {
  user: UserId;
  schema: number;
  automated_sender: UserId | null;
}

/** What was decided is decided anew this often, where the schema is edited or deleted meanwhile. */
const MAX_TRIES = 20;

/** Begins a survey. A deprecated schema will do; one that nobody published will not. */
export async function createSurvey(
  deps: CreateDeps,
  { user, schema: id, automated_sender }: Beginning,
): Promise<SurveyRow> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const schema = await deps.schemas.get(id);
    const errors = await problems(deps, schema, id, automated_sender);
    if (errors !== null || schema === null) throw invalid(errors ?? {});

    const { variables, failure, ...walked } = surveyOf(schema);
    const state = keepsState(deps, schema) ? walked.state : null;
    const survey = { schema_id: id, user_id: user, automated_sender, state, variables, failure };
    const told = events(schema, null, survey);
    const writing = insertSurvey(deps.db, survey, told);
    const written = await unlessOutdated(deps.schemas, [id], writing);
    if (written === null) continue;
    const { survey_id, created, updated, ...position } = written;
    const happened = [...told, { type: "survey_started" }];
    publishSurvey(deps.log, { id: survey_id, user_id: user }, position, happened);
    return { ...survey, id: survey_id, revision: 0, created, updated };
  }
  throw refused(503, "The schema is too busy. Try again.", { "retry-after": "1" });
}

async function problems(
  { settings, people }: CreateDeps,
  schema: CompiledSchema | null,
  id: number,
  sender: UserId | null,
): Promise<FieldErrors | null> {
  const errors: FieldErrors = {};
  const problem = schema === null ? texts.pkNotFound(id) : schemaProblem(settings, schema);
  if (problem !== null) errors.schema = [problem];
  Object.assign(errors, await unknownUser(people, "automated_sender", sender));
  return Object.keys(errors).length > 0 ? errors : null;
}

function schemaProblem(
  { surveys, schemas, compat }: CreateDeps["settings"],
  { schema }: CompiledSchema,
): string | null {
  const listed = surveys.allowedSchemaTypes;
  const allowed = listed.length === 0 && compat === "chat_api" ? ["survey"] : listed;
  if (allowed.length > 0 && !allowed.includes(schema.type)) return texts.NOT_ALLOWED;
  const mayBeDraft = schemas.allowUnpublished || compat === "chat_api";
  return schema.published || mayBeDraft ? null : texts.NOT_PUBLISHED;
}
