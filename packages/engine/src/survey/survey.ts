import type { CompiledSchema } from "../flow/compile.ts";
import type { FlowFailure } from "../flow/failure.ts";
import type { Variables } from "../flow/run.ts";
import { Form, type FormAnswer, type SurveyState } from "./form.ts";

/** All that follows from a survey's answers. */
export interface Survey {
  /** Null for a schema without questions. */
  state: SurveyState | null;
  variables: Variables;
  /** Where a branch stopped at a fault of the schema: the first, in the order of the walk. */
  failure: FlowFailure | null;
}

/** What a schema and answers make, from scratch. */
export function surveyOf(schema: CompiledSchema, answers: Iterable<FormAnswer> = []): Survey {
  const { state, variables, failure } = new Form(schema, answers);
  return { state, variables, failure };
}
