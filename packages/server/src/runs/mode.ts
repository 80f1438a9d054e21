import type { CompiledSchema } from "@colloquy/engine";
import {
  Choice,
  DateTime,
  type FieldErrors,
  FREQUENCY_UNITS,
  Integer,
  ON_FINISH,
  Pk,
  type Problem,
  type State,
  texts,
  type UserId,
  UserPk,
} from "@colloquy/protocol";
import type { ThreadTypes } from "../conversation/view/threadTypes.ts";
import { type Mode, SCHEMA_STATES } from "../conversation/view/view.ts";
import type { Compat } from "../http/compat.ts";
import type { Directory } from "../people/directory.ts";
import { unknownUser } from "../people/unknown.ts";
import type { SchemaStore } from "../schemas/store.ts";

/** What it takes to check a mode. */
export interface ModeDeps {
  people: Pick<Directory, "find">;
  schemas: Pick<SchemaStore, "get" | "ofQuestion">;
  settings: Compat & ThreadTypes & { schemas: { allowUnpublished: boolean } };
}

/** A mode as it is asked for: ids as sent, nothing checked yet. */
export interface WantedMode {
  state: State;
  schema: number | null;
  initial_question: number | null;
  automated_sender: UserId | null;
  on_finish: Mode["on_finish"];
  frequency_unit: string | null;
  frequency_value: number | null;
  repeat_until: string | null;
}

/** A mode, as it is set on creating a thread and on members. */
export const ModeFields = {
  schema: Pk({
    nullable: true,
    required: false,
    description: "The id of a published schema; only with a scripted or assisted `state`",
  }),
  on_finish: Choice(ON_FINISH, {
    required: false,
    description: "What happens when the schema ends; `repeat` is stored, but nothing repeats yet",
  }),
  initial_question: Pk({
    nullable: true,
    required: false,
    description: "The id of the question to start with; by default the first",
  }),
  automated_sender: UserPk({
    nullable: true,
    required: false,
    description: "The id of the user who is shown as the sender of automated messages; by default none",
  }),
  frequency_unit: Choice(FREQUENCY_UNITS, {
    nullable: true,
    required: false,
    description: "The unit of `frequency_value`; required with it",
  }),
  frequency_value: Integer({
    nullable: true,
    required: false,
    max: 1_000_000,
    description:
      "The number of units after which the schema repeats, at least 1; stored, but nothing repeats yet",
  }),
  repeat_until: DateTime({
    nullable: true,
    required: false,
    description: "A future time at which it stops repeating; stored, but nothing repeats yet",
  }),
};

export const OPEN_MODE: WantedMode = {
  state: "open",
  schema: null,
  initial_question: null,
  automated_sender: null,
  on_finish: "open",
  frequency_unit: null,
  frequency_value: null,
  repeat_until: null,
};

/** The mode that a body asks for: what is left out is as usual. */
export function modeOf(body: Partial<Record<keyof WantedMode, unknown>>): WantedMode {
  const mode = Object.keys(OPEN_MODE).flatMap((name) => {
    const value = body[name as keyof WantedMode];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...OPEN_MODE, ...Object.fromEntries(mode) };
}

/** A mode that can be taken on, with its schema where it has one. */
export interface CheckedMode {
  mode: Mode;
  schema: CompiledSchema | null;
  /** The qid to start at. */
  initial: number | null;
}

/** Checks a wanted mode: all that is wrong with it, by field. */
export async function checkMode(
  deps: ModeDeps,
  wanted: WantedMode,
): Promise<CheckedMode | { errors: FieldErrors }> {
  const errors: FieldErrors = {};
  const schema = await checkSchema(deps, wanted, errors);
  const initial = await checkInitial(deps, wanted, schema, errors);
  Object.assign(errors, await unknownUser(deps.people, "automated_sender", wanted.automated_sender));
  checkRepetition(wanted, errors);
  if (Object.keys(errors).length > 0) return { errors };
  const { schema: schema_id, ...rest } = wanted;
  return {
    mode: {
      ...rest,
      schema_id,
      question_id: null,
      related_message: null,
      run_id: null,
      variables: {},
      next_restart: null,
    },
    schema,
    initial,
  };
}

/**
 * What is wrong with a wanted mode of which some fields could not be read: those are `problems`, and what depends on
 * them is not judged.
 */
export async function modeErrors(
  deps: ModeDeps,
  wanted: WantedMode,
  problems: FieldErrors,
): Promise<FieldErrors> {
  const checked = await checkMode(deps, wanted);
  if (!("errors" in checked)) return {};
  const { initial_question, ...errors } = checked.errors;
  const isJudged =
    initial_question !== undefined && (!("schema" in problems) || !isForeign(initial_question));
  return isJudged ? { ...errors, initial_question } : errors;
}

function isForeign(problem: Problem): boolean {
  return Array.isArray(problem) && problem.some((text) => text === texts.QUESTION_FROM_WRONG_SCHEMA);
}

async function checkSchema(
  deps: ModeDeps,
  wanted: WantedMode,
  errors: FieldErrors,
): Promise<CompiledSchema | null> {
  const needed = SCHEMA_STATES.includes(wanted.state);
  if (wanted.schema === null) {
    if (needed) errors.schema = [texts.REQUIRED];
    return null;
  }
  const schema = await deps.schemas.get(wanted.schema);
  const { allowUnpublished } = deps.settings.schemas;
  if (schema === null) errors.schema = [texts.pkNotFound(wanted.schema)];
  else if (!needed) errors.state = [texts.WRONG_STATE_FOR_SCHEMA];
  else if (!schema.schema.published && !allowUnpublished && deps.settings.compat === undefined)
    errors.schema = [texts.NOT_PUBLISHED];
  return schema;
}

async function checkInitial(
  deps: ModeDeps,
  { initial_question }: WantedMode,
  schema: CompiledSchema | null,
  errors: FieldErrors,
): Promise<number | null> {
  if (initial_question === null) return null;
  const found = schema?.byId.get(initial_question);
  if (found !== undefined) return found.question.qid;
  const exists = (await deps.schemas.ofQuestion(initial_question)) !== null;
  errors.initial_question = [exists ? texts.QUESTION_FROM_WRONG_SCHEMA : texts.pkNotFound(initial_question)];
  return null;
}

function checkRepetition(wanted: WantedMode, errors: FieldErrors): void {
  const { frequency_unit, frequency_value, repeat_until } = wanted;
  if (frequency_value !== null && frequency_value < 1)
    errors.frequency_value = [texts.FREQUENCY_VALUE_MUST_BE_POSITIVE];
  const needed = frequency_unit !== null || frequency_value !== null || repeat_until !== null;
  if (needed && frequency_unit === null) errors.frequency_unit = [texts.REQUIRED];
  if (needed && frequency_value === null) errors.frequency_value = [texts.REQUIRED];
  if (repeat_until !== null && Date.parse(repeat_until) <= Date.now())
    errors.repeat_until = [texts.REPEAT_UNTIL_MUST_BE_IN_FUTURE];
}
