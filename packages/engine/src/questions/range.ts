import type { Question } from "../schema.ts";
import type { DefinitionProblem } from "./kind.ts";
import { parseDecimal, textual } from "./textual.ts";

/** `range`: a finite number with `range_from <= x <= range_to`. */
export const range = textual((text, question) => {
  const value = parseDecimal(text);
  return value !== null && question.range_from! <= value && value <= question.range_to! ? value : null;
}, needsBounds);

function needsBounds({ range_from, range_to }: Question): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  if (range_from === null) problems.push({ field: "range_from", message: "A range needs range_from." });
  if (range_to === null) problems.push({ field: "range_to", message: "A range needs range_to." });
  if (range_from !== null && range_to !== null && range_from > range_to)
    problems.push({ field: "range_from", message: "range_from must not be greater than range_to." });
  return problems;
}
