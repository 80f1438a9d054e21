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

/** A finding of the checker. A schema with errors cannot be published unless forced. */
export interface Finding {
  code: FindingCode;
  severity: "error" | "warning" | "info";
  qid?: number;
  /** The field, for errors in the definition. */
  field?: string;
  /** Index of the forking rule. */
  rule?: number;
  /** The qids of a loop, in order and ending with the first. */
  path?: number[];
  message: string;
}

/** Everything that inspections need to know about a schema. */
export interface Inspection {
  compiled: CompiledSchema;
  problems: Problem[];
  graph: Graph;
  loops: Loop[];
  exploration: Exploration;
}

/** An inspection, which makes one kind of finding. */
export type Inspect = (inspection: Inspection) => Finding[];
