import type { CompiledSchema } from "../flow/compile.ts";
import type { FlowFailure } from "../flow/failure.ts";
import type { Variables } from "../flow/run.ts";
import { Form, type FormAnswer, type SurveyState } from "./form.ts";

/** The result of a survey's answers. */
export interface Survey {
  /** Null for a schema without questions. */
  state: SurveyState | null;
  variables: Variables;
  /** The first fault of the schema at which a branch ended, in the order of the walk. */
  failure: FlowFailure | null;
}

/** Computes the state of a survey from its schema and answers. */
export function surveyOf(schema: CompiledSchema, answers: Iterable<FormAnswer> = []): Survey {
  const { state, variables, failure } = new Form(schema, answers);
  return { state, variables, failure };
}
