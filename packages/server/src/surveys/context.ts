import { type ApiError, denied, notFound } from "@colloquy/protocol";
import type { Queryable } from "../database/database.ts";
import type { Compat } from "../http/compat.ts";
import {
  findItem,
  findSnapshot,
  findSurvey,
  type ItemRow,
  type Snapshot,
  type SurveyRow,
} from "./queries.ts";

/** What it takes to look up what an address names. */
export interface ContextDeps {
  db: Queryable;
  settings: Compat;
}

/** A survey of an address, with what is answered in it where it is to be changed; left out where there is none. */
export interface SurveyContext {
  survey?: SurveyRow | Snapshot;
}

export async function surveyContext(deps: ContextDeps, id: number | null): Promise<SurveyContext> {
  const survey = id === null ? null : await findSurvey(deps.db, id);
  return survey === null ? {} : { survey };
}

/** What is below a survey, in the original: refused where there is no such survey. */
export async function itemsContext(
  deps: ContextDeps,
  { method, params }: { method: string; params: { survey_id: number | null } },
): Promise<SurveyContext | ApiError> {
  const { survey_id } = params;
  const find = method === "GET" ? findSurvey : findSnapshot;
  const survey = survey_id === null ? null : await find(deps.db, survey_id);
  if (survey !== null) return { survey };
  return deps.settings.compat === "chat_api" ? denied() : {};
}

export interface ItemContext extends SurveyContext {
  item?: ItemRow;
}

export async function itemContext(
  deps: ContextDeps,
  call: { method: string; params: { survey_id: number | null; id: number | null } },
): Promise<ItemContext | ApiError> {
  const { survey_id, id } = call.params;
  const [context, item] = await Promise.all([
    itemsContext(deps, call),
    survey_id === null || id === null ? null : findItem(deps.db, survey_id, id),
  ]);
  if (context instanceof Error || item === null) return context;
  return { ...context, item };
}

/** @throws 404 where there is none */
export function existing<T>(found: T | undefined): T {
  if (found === undefined) throw notFound();
  return found;
}

/** The survey with what is answered in it: what every change begins with. */
export function whole({ survey }: SurveyContext): Snapshot {
  const found = existing(survey);
  if (!("given" in found)) throw new TypeError("A survey that is only read was to be changed");
  return found;
}
