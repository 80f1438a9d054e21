import type { Problem } from "../document/problems.ts";
import type { CompiledSchema } from "../flow/compile.ts";
import type { Exploration } from "./explore.ts";
import type { Graph } from "./graph.ts";
import type { Loop } from "./loops.ts";

export type FindingCode =
  | Problem["code"]
  | "UNREACHABLE_QUESTION"
  | "UNREACHABLE_RULE"
  | "ENDLESS_LOOP"
  | "BUDGET_EXCEEDED"
  | "NO_WAY_OUT"
  | "LOOP"
  | "MISSING_TRANSLATION"
  | "DIVERGENT"
  | "CHECK_INCOMPLETE";

/** One thing that the checker has to say about a schema. Errors forbid publishing. */
export interface Finding {
  code: FindingCode;
  severity: "error" | "warning" | "info";
  qid?: number;
  /** The field that is wrong, for what is wrong by definition. */
  field?: string;
  /** Index of the forking rule. */
  rule?: number;
  /** The qids of a loop in order, back to the first. */
  path?: number[];
  message: string;
}

/** All that is known of a schema when the findings are made. */
export interface Inspection {
  compiled: CompiledSchema;
  problems: Problem[];
  graph: Graph;
  loops: Loop[];
  exploration: Exploration;
}

/** One kind of finding. */
export type Inspect = (inspection: Inspection) => Finding[];
