import { defineProblems } from "../document/problems.ts";
import { compileSchema } from "../flow/compile.ts";
import type { Schema } from "../schema.ts";
import { badExpression } from "./badExpression.ts";
import { budgetExceeded } from "./budgetExceeded.ts";
import { checkIncomplete } from "./checkIncomplete.ts";
import { divergent } from "./divergent.ts";
import { endlessLoop } from "./endlessLoop.ts";
import { explore } from "./explore.ts";
import type { Finding, Inspect } from "./finding.ts";
import { graphOf } from "./graph.ts";
import { invalidDefinition, toFinding } from "./invalidDefinition.ts";
import { loop } from "./loop.ts";
import { loopsOf } from "./loops.ts";
import { missingTranslation } from "./missingTranslation.ts";
import { noWayOut } from "./noWayOut.ts";
import { unknownQid } from "./unknownQid.ts";
import { unreachableQuestion } from "./unreachableQuestion.ts";
import { unreachableRule } from "./unreachableRule.ts";

const INSPECTIONS: readonly Inspect[] = [
  invalidDefinition,
  unknownQid,
  badExpression,
  unreachableQuestion,
  unreachableRule,
  endlessLoop,
  budgetExceeded,
  noWayOut,
  loop,
  missingTranslation,
  divergent,
  checkIncomplete,
];

/**
 * Checks a schema before it is run: its definition, its structure, and its behaviour when the engine plays it
 * through, within bounds. Never throws. Findings about the whole schema come first; the others are sorted by the
 * question's position and by code.
 */
export function check(schema: Schema): Finding[] {
  const problems = defineProblems(schema);
  // What is not even a pair of expressions cannot be compiled.
  if (problems.some((problem) => problem.malformed)) return sorted(problems.map(toFinding), schema);

  const compiled = compileSchema(schema);
  const rough = graphOf(compiled);
  const exploration = explore(compiled, rough);
  const graph = exploration.exhaustive ? graphOf(compiled, exploration.taken, rough.constants) : rough;
  const inspection = { compiled, problems, graph, loops: loopsOf(graph), exploration };
  return sorted(
    INSPECTIONS.flatMap((inspect) => inspect(inspection)),
    schema,
  );
}

function sorted(findings: Finding[], schema: Schema): Finding[] {
  const positions = new Map(schema.questions.map(({ qid }, index) => [qid, index]));
  const place = ({ qid }: Finding) =>
    qid === undefined ? -1 : (positions.get(qid) ?? schema.questions.length);
  return findings.sort(
    (one, other) =>
      place(one) - place(other) || order(one.code, other.code) || (one.rule ?? -1) - (other.rule ?? -1),
  );
}

function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
