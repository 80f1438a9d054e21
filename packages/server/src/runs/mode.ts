import type { CompiledSchema } from "@colloquy/engine";
import { type FieldErrors, type Problem, type State, texts } from "@colloquy/protocol";
import type { Core } from "../core.ts";
import { type Mode, SCHEMA_STATES } from "../conversation/view/view.ts";

/** A mode as it is asked for: ids as sent, nothing checked yet. */
export interface WantedMode {
  state: State;
  schema: number | null;
  initial_question: number | null;
  automated_sender: number | null;
  on_finish: Mode["on_finish"];
  frequency_unit: string | null;
  frequency_value: number | null;
  repeat_until: string | null;
}

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

/** A mode that can be taken on, with its schema where it has one. */
export interface CheckedMode {
  mode: Mode;
  schema: CompiledSchema | null;
  /** The qid to start at. */
  initial: number | null;
}

/** Checks a wanted mode: all that is wrong with it, by field. */
export async function checkMode(
  core: Core,
  wanted: WantedMode,
): Promise<CheckedMode | { errors: FieldErrors }> {
  const errors: FieldErrors = {};
  const schema = await checkSchema(core, wanted, errors);
  const initial = await checkInitial(core, wanted, schema, errors);
  await checkSender(core, wanted, errors);
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
  core: Core,
  wanted: WantedMode,
  problems: FieldErrors,
): Promise<FieldErrors> {
  const checked = await checkMode(core, wanted);
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
  core: Core,
  wanted: WantedMode,
  errors: FieldErrors,
): Promise<CompiledSchema | null> {
  const needed = SCHEMA_STATES.includes(wanted.state);
  if (wanted.schema === null) {
    if (needed) errors.schema = [texts.REQUIRED];
    return null;
  }
  const schema = await core.schemas.get(wanted.schema);
  const { allowUnpublished } = core.settings.schemas;
  if (schema === null) errors.schema = [texts.pkNotFound(wanted.schema)];
  else if (!needed) errors.state = [texts.WRONG_STATE_FOR_SCHEMA];
  else if (!schema.schema.published && !allowUnpublished && core.settings.compat === undefined)
    errors.schema = [texts.NOT_PUBLISHED];
  return schema;
}

async function checkInitial(
  core: Core,
  { initial_question }: WantedMode,
  schema: CompiledSchema | null,
  errors: FieldErrors,
): Promise<number | null> {
  if (initial_question === null) return null;
  const found = schema?.byId.get(initial_question);
  if (found !== undefined) return found.question.qid;
  const exists = (await core.schemas.ofQuestion(initial_question)) !== null;
  errors.initial_question = [exists ? texts.QUESTION_FROM_WRONG_SCHEMA : texts.pkNotFound(initial_question)];
  return null;
}

async function checkSender(core: Core, { automated_sender }: WantedMode, errors: FieldErrors): Promise<void> {
  if (automated_sender === null || (await core.people.find([automated_sender])).size > 0) return;
  errors.automated_sender = [texts.pkNotFound(automated_sender)];
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
