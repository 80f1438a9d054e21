import { type CompiledSchema, surveyOf } from "@colloquy/engine";
import { type FieldErrors, invalid, refused, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { unlessOutdated } from "../schemas/outdated.ts";
import { events, keepsState } from "./change.ts";
import { insertSurvey, type SurveyRow } from "./queries.ts";

export interface Beginning {
  user: number;
  schema: number;
  automated_sender: number | null;
}

/** What was decided is decided anew this often, where the schema is edited or deleted meanwhile. */
const MAX_TRIES = 20;

/** Begins a survey. A deprecated schema will do; one that nobody published will not. */
export async function createSurvey(
  core: Core,
  { user, schema: id, automated_sender }: Beginning,
): Promise<SurveyRow> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const schema = await core.schemas.get(id);
    const errors = await problems(core, schema, id, automated_sender);
    if (errors !== null || schema === null) throw invalid(errors ?? {});

    const { variables, failure, ...walked } = surveyOf(schema);
    const state = keepsState(core, schema) ? walked.state : null;
    const survey = { schema_id: id, user_id: user, automated_sender, state, variables, failure };
    const writing = insertSurvey(core.db, survey, events(schema, null, survey));
    const written = await unlessOutdated(core.schemas, [id], writing);
    if (written === null) continue;
    const { survey_id, created, updated, ...position } = written;
    core.host.wake();
    core.metrics.count("surveys_started_total");
    core.hub.surveyChanged(user, survey_id, position);
    return { ...survey, id: survey_id, revision: 0, created, updated };
  }
  throw refused(503, "The schema is too busy. Try again.", { "retry-after": "1" });
}

async function problems(
  { settings, people }: Core,
  schema: CompiledSchema | null,
  id: number,
  sender: number | null,
): Promise<FieldErrors | null> {
  const errors: FieldErrors = {};
  const problem = schema === null ? texts.pkNotFound(id) : schemaProblem(settings, schema);
  if (problem !== null) errors.schema = [problem];
  if (sender !== null && (await people.find([sender])).size === 0)
    errors.automated_sender = [texts.pkNotFound(sender)];
  return Object.keys(errors).length > 0 ? errors : null;
}

function schemaProblem(
  { surveys, schemas, compat }: Core["settings"],
  { schema }: CompiledSchema,
): string | null {
  const listed = surveys.allowedSchemaTypes;
  const allowed = listed.length === 0 && compat === "chat_api" ? ["survey"] : listed;
  if (allowed.length > 0 && !allowed.includes(schema.type)) return texts.NOT_ALLOWED;
  const mayBeDraft = schemas.allowUnpublished || compat === "chat_api";
  return schema.published || mayBeDraft ? null : texts.NOT_PUBLISHED;
}
