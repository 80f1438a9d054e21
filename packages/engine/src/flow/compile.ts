import {
  type Budget,
  compileExpression,
  type Expression,
  ExpressionError,
  type Scope,
  toQid,
  truthy,
  type Value,
} from "../expressions/index.ts";
import { QUESTION_KINDS } from "../questions/index.ts";
import type { QuestionKind } from "../questions/kind.ts";
import type { ForkingRule, Modification, Question, Schema } from "../schema.ts";
import { exceededAt, pay, showingWork } from "./budget.ts";
import { FlowError } from "./failure.ts";
import { isVariable } from "./isVariable.ts";

/**
 * A schema ready to run, with compiled expressions and indexes of its questions. Compiled once per version.
 */
export interface CompiledSchema {
  schema: Schema;
  /** The question with the lowest position; null in a schema without questions. */
  first: CompiledQuestion | null;
  byQid: ReadonlyMap<number, CompiledQuestion>;
  byId: ReadonlyMap<number, CompiledQuestion>;
}

export interface CompiledQuestion {
  question: Question;
  kind: QuestionKind;
  modify: Assignment[];
  rules: CompiledRule[];
  options: ReadonlyMap<number, Assignment[]>;
  /** The units of work that it costs to show it. */
  showing: number;
}

/** A compiled modification: computes a value from the pool and writes it into the pool. */
export interface Assignment {
  name: string;
  expression: string;
  /** The variables that it can read. */
  reads: ReadonlySet<string>;
  assign(variables: Record<string, Value>, budget: Budget): void;
}

/** A compiled rule of a fork. */
export interface CompiledRule {
  /** The variables that its condition can read. */
  conditionReads: ReadonlySet<string>;
  /** The variables that its target can read. */
  targetReads: ReadonlySet<string>;
  holds(variables: Scope, budget: Budget): boolean;
  /** The qid to which it leads. */
  target(variables: Scope, budget: Budget): number;
}

/**
 * Compiles a schema. An expression that does not compile fails when it is used, and the failure names its place.
 * `variables` limits which variables are modified; by default all are.
 */
export function compileSchema(schema: Schema, variables: readonly string[] | null = null): CompiledSchema {
  const source: Source = { expressions: new Map(), variables };
  const questions = schema.questions.map((question) => compileQuestion(question, source));
  return {
    schema,
    first: questions[0] ?? null,
    byQid: new Map(questions.map((compiled) => [compiled.question.qid, compiled])),
    byId: new Map(questions.map((compiled) => [compiled.question.id, compiled])),
  };
}

/** The qid to which a fork leads: that of the first rule whose condition is true, or null. */
export function choose(rules: readonly CompiledRule[], variables: Scope, budget: Budget): number | null {
  for (const rule of rules) if (rule.holds(variables, budget)) return rule.target(variables, budget);
  return null;
}

/** Makes assignments in order, each seeing the earlier ones. If one fails, none is made. */
export function apply(
  assignments: readonly Assignment[] = [],
  variables: Record<string, Value>,
  budget: Budget,
): void {
  // Most often there is one, which leaves nothing to be undone: it writes when it can no longer fail.
  if (assignments.length > 1) applyAll(assignments, variables, budget);
  else if (assignments.length === 1) assignments[0]!.assign(variables, budget);
}

function applyAll(
  assignments: readonly Assignment[],
  variables: Record<string, Value>,
  budget: Budget,
): void {
  const before: (Value | undefined)[] = [];
  try {
    for (const { name, assign } of assignments) {
      before.push(Object.hasOwn(variables, name) ? variables[name] : undefined);
      assign(variables, budget);
    }
  } catch (error) {
    for (let index = before.length - 1; index >= 0; index--) {
      const { name } = assignments[index]!;
      if (before[index] === undefined) delete variables[name];
      else variables[name] = before[index]!;
    }
    throw error;
  }
}

/** Each source is compiled once in a schema, however often it occurs: scores are added to in every option. */
type Expressions = Map<string, Expression | ExpressionError>;

/** What all questions of a schema are compiled with. */
interface Source {
  expressions: Expressions;
  /** The variables that are modified; null: all. */
  variables: readonly string[] | null;
}

function compileQuestion(question: Question, source: Source): CompiledQuestion {
  const { expressions } = source;
  const { qid } = question;
  return {
    question,
    kind: QUESTION_KINDS[question.type],
    showing: showingWork(question),
    modify: compileModifications(question.variable_modifications, qid, source),
    rules: question.forking_rules.map((rule, index) => compileRule(rule, { qid, rule: index }, expressions)),
    options: new Map(
      question.answers.map((answer) => [
        answer.id,
        compileModifications(answer.variable_modifications, qid, source),
      ]),
    ),
  };
}

function compileModifications(
  modifications: Modification[],
  qid: number,
  { expressions, variables }: Source,
): Assignment[] {
  const assignments = modifications.map(([name, expression], index): Assignment => {
    const place = { qid, modification: index };
    const { names, evaluate } = isVariable(name)
      ? compileAt(expression, place, expressions)
      : failing(place, `"${name}" cannot be the name of a variable.`);
    return {
      name,
      expression,
      reads: names,
      assign(variables, budget) {
        const value = evaluate(variables, budget);
        // A variable that is copied costs nothing to evaluate, but all of it has to be kept.
        if (typeof value === "string") pay(budget, value.length, place);
        variables[name] = value;
      },
    };
  });
  return variables === null ? assignments : assignments.filter(({ name }) => variables.includes(name));
}

function compileRule([target, condition]: ForkingRule, place: Place, expressions: Expressions): CompiledRule {
  const test = compileAt(condition, place, expressions);
  const goal = compileAt(String(target), place, expressions);
  return {
    conditionReads: test.names,
    targetReads: goal.names,
    holds: (variables, budget) => truthy(test.evaluate(variables, budget)),
    target(variables, budget) {
      const value = goal.evaluate(variables, budget);
      try {
        return toQid(value);
      } catch (error) {
        throw placed(error, place);
      }
    },
  };
}

type Place = { qid: number; rule?: number; modification?: number };
interface Placed extends Pick<Expression, "names"> {
  evaluate(variables: Scope, budget: Budget): Value;
}

function compileAt(source: string, place: Place, expressions: Expressions): Placed {
  const compiled = expressions.get(source) ?? compiledOrFault(source);
  expressions.set(source, compiled);
  if (compiled instanceof ExpressionError) return failing(place, compiled.message);
  return {
    names: compiled.names,
    evaluate(variables, budget) {
      try {
        return compiled.evaluate(variables, budget);
      } catch (error) {
        throw placed(error, place);
      }
    },
  };
}

function compiledOrFault(source: string): Expression | ExpressionError {
  try {
    return compileExpression(source);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

function failing(place: Place, message: string): Placed {
  const evaluate = () => {
    throw new FlowError({ code: "BAD_EXPRESSION", ...place, message });
  };
  return { names: new Set(), evaluate };
}

/** An error of an expression, naming its place in the schema; any other as it is. */
function placed(error: unknown, place: Place): unknown {
  if (!(error instanceof ExpressionError)) return exceededAt(error, place);
  return new FlowError({ code: "BAD_EXPRESSION", ...place, message: error.message });
}
