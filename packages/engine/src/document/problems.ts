import { compileExpression, ExpressionError } from "../expressions/index.ts";
import { isVariable } from "../flow/isVariable.ts";
import { QUESTION_KINDS } from "../questions/index.ts";
import type { DefinitionProblem } from "../questions/kind.ts";
import type { Answer, Modification, Question, Schema } from "../schema.ts";

/** An error in the definition of a schema, which may not be published with it. */
export interface Problem extends DefinitionProblem {
  /** The code of the checker's finding. */
  code: "INVALID_DEFINITION" | "UNKNOWN_QID" | "BAD_EXPRESSION";
  /** The question concerned. */
  qid?: number;
  /** Index of the forking rule. */
  rule?: number;
  /** The value does not even have the type of its field: the schema cannot be compiled. */
  malformed?: true;
}

/** All errors in a schema's definition, question by question; an empty list if there are none. */
export function defineProblems(schema: Schema): Problem[] {
  const qids = new Set(schema.questions.map((question) => question.qid));
  const groups = new Set(schema.groups.map((group) => group.id));
  const compiles = expressionCheck();
  return [
    ...nameProblems(schema),
    ...groupProblems(schema),
    ...duplicates(schema.questions, "qid"),
    ...duplicates(schema.questions, "position"),
    ...schema.questions.flatMap((question) => [
      ...fieldProblems(question, groups),
      ...duplicates(question.answers, "position", question.qid),
      ...duplicates(question.answers, "value", question.qid),
      ...pointerProblems(question, qids),
      ...modificationProblems(question.variable_modifications, question, "", compiles),
      ...question.answers.flatMap((answer) =>
        modificationProblems(answer.variable_modifications, question, place(answer), compiles),
      ),
      ...ruleProblems(question, qids, compiles),
    ]),
  ];
}

/** What is wrong with a schema's name, or null. A name of digits would be taken for an id. */
export function nameProblem(name: string): string | null {
  return /^\s*\d+\s*$/.test(name)
    ? `A name must not consist of digits only, like an id: ${JSON.stringify(name)}.`
    : null;
}

function nameProblems({ name }: Schema): Problem[] {
  const message = nameProblem(name);
  return message === null ? [] : [{ code: "INVALID_DEFINITION", field: "name", message }];
}

function groupProblems({ groups }: Schema): Problem[] {
  return [...duplicates(groups, "name"), ...duplicates(groups, "position")].map((problem) => {
    return { ...problem, field: "groups" };
  });
}

function fieldProblems(question: Question, groups: Set<number>): Problem[] {
  const { qid, type } = question;
  const choosing = type === "choice" || type === "multichoice";
  const problems: DefinitionProblem[] = QUESTION_KINDS[type].define(question);
  if (question.choice_open && !choosing)
    problems.push({ field: "choice_open", message: "Only a choice or multichoice can have choice_open." });
  if (question.next_qid === null && !choosing && type !== "fork")
    problems.push({
      field: "next_qid",
      message: `A question of type ${type} needs next_qid: the qid that follows, or -1 for the end.`,
    });
  if (question.forking_rules.length > 0 && type !== "fork")
    problems.push({ field: "forking_rules", message: "Only a fork can have forking_rules." });
  if (question.group !== null && !groups.has(question.group))
    problems.push({ field: "group", message: "There is no such group in this schema." });
  return problems.map((problem) => ({ code: "INVALID_DEFINITION", qid, ...problem }));
}

function pointerProblems({ qid, next_qid, answers }: Question, qids: Set<number>): Problem[] {
  const problem = (next: number, where: string): Problem => {
    return { code: "UNKNOWN_QID", qid, field: "next_qid", message: `${where}There is no question ${next}.` };
  };
  return [
    ...(leadsNowhere(next_qid, qids) ? [problem(next_qid, "")] : []),
    ...answers.flatMap((answer) =>
      leadsNowhere(answer.next_qid, qids) ? [problem(answer.next_qid, place(answer))] : [],
    ),
  ];
}

function leadsNowhere(next: number | null, qids: Set<number>): next is number {
  return next !== null && next !== -1 && !qids.has(next);
}

function modificationProblems(
  modifications: Modification[],
  { qid }: Question,
  where: string,
  compiles: ExpressionCheck,
): Problem[] {
  const field = "variable_modifications";
  return modifications.flatMap((modification, index): Problem[] => {
    const here = `${where}Modification ${index + 1}: `;
    if (!isPair(modification))
      return [
        {
          code: "INVALID_DEFINITION",
          qid,
          field,
          malformed: true,
          message: `${here}must be [name, expression].`,
        },
      ];
    const [name, expression] = modification;
    const problems: Problem[] = [];
    if (!isVariable(name)) {
      const message = `${here}${JSON.stringify(name)} cannot be the name of a variable.`;
      problems.push({ code: "INVALID_DEFINITION", qid, field, message });
    }
    const fault = compiles(expression);
    if (fault !== null) problems.push({ code: "BAD_EXPRESSION", qid, field, message: here + fault });
    return problems;
  });
}

function ruleProblems(
  { qid, forking_rules }: Question,
  qids: Set<number>,
  compiles: ExpressionCheck,
): Problem[] {
  const field = "forking_rules";
  return forking_rules.flatMap((pair, rule): Problem[] => {
    const here = `Rule ${rule + 1}: `;
    if (!isPair(pair))
      return [
        {
          code: "INVALID_DEFINITION",
          qid,
          rule,
          field,
          malformed: true,
          message: `${here}must be [target, condition].`,
        },
      ];
    const faults = pair.map((expression) => compiles(String(expression))).filter((fault) => fault !== null);
    const problems = faults.map((fault): Problem => {
      return { code: "BAD_EXPRESSION", qid, rule, field, message: here + fault };
    });
    const target = constantTarget(pair[0]);
    if (leadsNowhere(target, qids))
      problems.push({
        code: "UNKNOWN_QID",
        qid,
        rule,
        field,
        message: `${here}There is no question ${target}.`,
      });
    return problems;
  });
}

/** The qid of a rule's target if it is a constant; null if it must be computed. */
function constantTarget(target: string | number): number | null {
  const text = String(target).trim();
  return /^[+-]?\d+$/.test(text) ? Number(text) : null;
}

/** Rules and modifications that were edited through the API may be any JSON. */
function isPair(value: unknown): value is [string | number, string] {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[1] === "string" && isNameOrTarget(value[0])
  );
}

function isNameOrTarget(value: unknown): boolean {
  return typeof value === "string" || Number.isInteger(value);
}

/** Says why an expression does not compile, or null; compiles each source once. */
type ExpressionCheck = (source: string) => string | null;

function expressionCheck(): ExpressionCheck {
  const known = new Map<string, string | null>();
  return (source) => {
    const before = known.get(source);
    if (before !== undefined) return before;
    const fault = faultOf(source);
    known.set(source, fault);
    return fault;
  };
}

function faultOf(source: string): string | null {
  try {
    compileExpression(source);
    return null;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

/** A problem for every row whose value of this field an earlier row has. */
function duplicates<Field extends string, Row extends Record<Field, number | string>>(
  rows: readonly (Row & { qid?: number })[],
  field: Field,
  qid?: number,
): Problem[] {
  const seen = new Set<number | string>();
  return rows.flatMap((row): Problem[] => {
    const value = row[field];
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    const message = `The ${field} ${JSON.stringify(value)} is used more than once.`;
    const where = qid ?? row.qid;
    if (where === undefined) return [{ code: "INVALID_DEFINITION", field, message }];
    return [
      { code: "INVALID_DEFINITION", qid: where, field: qid === undefined ? field : "answers", message },
    ];
  });
}

function place(answer: Answer): string {
  return `Option ${JSON.stringify(answer.text)}: `;
}
