import type { Assignment } from "../flow/compile.ts";
import type { Graph } from "./graph.ts";

/**
 * Tells which assignments of a schema may fail in some pools and not in others, by the look of them: those
 * whose arithmetic is delicate, and those that handle anything but numbers, of which even `x + 1` may fail.
 */
export function riskIn(graph: Graph): (assignment: Assignment) => boolean {
  const assignments = graph.questions.flatMap(({ modify, options }) => [
    ...modify,
    ...[...options.values()].flat(),
  ]);
  const loose = looseVariables(assignments);
  return ({ expression, reads }) =>
    DELICATE.test(expression) || handlesMore(expression) || [...reads].some((name) => loose.has(name));
}

/** What may fail for some numbers: a power, `round`'s digits, division by anything but a positive constant. */
const DELICATE = /\*\*|\bround\b|(?:\/\/?|%)(?!\/|\s*[1-9])/;

/** Whether an expression over numbers may handle something else: strings, None, lists, tuples. */
function handlesMore(expression: string): boolean {
  if (/['"[]|\bNone\b|\bstr\b/.test(expression)) return true;
  return expression.includes(",") && !/\b(?:min|max|round)\b/.test(expression);
}

/** The variables that may hold something else than a number. */
function looseVariables(assignments: Assignment[]): Set<string> {
  const loose = new Set(
    assignments.filter(({ expression }) => handlesMore(expression)).map(({ name }) => name),
  );
  for (let before = -1; loose.size > 0 && before !== loose.size; ) {
    before = loose.size;
    for (const { name, reads } of assignments) if ([...reads].some((one) => loose.has(one))) loose.add(name);
  }
  return loose;
}
