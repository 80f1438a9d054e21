import type { SyntaxNode } from "@lezer/common";
import { type Arithmetic, calculate, negate, plus } from "./arithmetic.ts";
import { type Comparison, compare } from "./comparison.ts";
import { ExpressionError, type ExpressionErrorCode } from "./errors.ts";
import { FUNCTIONS } from "./functions.ts";
import { isIdentifier } from "./identifiers.ts";
import { MAX_NESTING, MAX_NODES } from "./limits.ts";
import { readNumber, readString } from "./literals.ts";
import { alternatives } from "./logic.ts";
import { parts } from "./parse.ts";
import { binaryLevel, LEVEL, type Level, levelOf, operatorOf } from "./precedence.ts";
import { refusal } from "./refusals.ts";
import type { Run } from "./run.ts";
import { item, slice } from "./subscripts.ts";
import { truth } from "./truth.ts";
import { type Internal, List, Tuple } from "./values.ts";

/** A part of an expression, ready to be evaluated. */
type Step = (run: Run) => Internal;

/**
 * Turns a syntax tree into closures. It is a whitelist: what has no case here is refused, so a form that the
 * parser learns later is refused too.
 */
export class Compiler {
  readonly names = new Set<string>();
  readonly #source: string;
  #nodes = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** How many parts were compiled. */
  get parts(): number {
    return this.#nodes;
  }

  /** A whole expression, where a tuple needs no parentheses. */
  statement(node: SyntaxNode): Step {
    const [first, comma] = parts(node);
    return comma ? this.#sequence(node, 0, Tuple) : this.#expression(first!, 0);
  }

  /** `depth` grows with each nesting, but not along `a + b + c` or `… else … if … else …`. */
  #expression(node: SyntaxNode, depth: number, least: Level = LEVEL.conditional): Step {
    this.#nodes += 1;
    if (depth > MAX_NESTING) this.#refuse("TOO_COMPLEX", "The expression is nested too deeply.", node);
    if (this.#nodes > MAX_NODES) this.#refuse("TOO_COMPLEX", "The expression has too many parts.", node);
    const level = levelOf(node, this.#source);
    if (level < least) this.#refuse("SYNTAX", "Parentheses are needed here.", node);
    if (level === LEVEL.logic) return this.#logic(node, depth);
    switch (node.name) {
      case "Number":
        return this.#constant(readNumber(this.#text(node), node.from));
      case "String":
        return this.#constant(readString(this.#text(node), node.from));
      case "ContinuedString":
        return this.#strings(node);
      case "Boolean":
        return this.#constant(this.#text(node) === "True");
      case "None":
        return this.#constant(null);
      case "VariableName":
        return this.#variable(node);
      case "ParenthesizedExpression":
        return this.#expression(this.#elements(node)[0]!, depth + 1);
      case "TupleExpression":
        return this.#sequence(node, depth, Tuple);
      case "ArrayExpression":
        return this.#sequence(node, depth, List);
      case "UnaryExpression":
        return this.#unary(node, depth);
      case "BinaryExpression":
        return this.#binary(node, depth);
      case "ConditionalExpression":
        return this.#conditional(node, depth);
      case "MemberExpression":
        return this.#subscript(node, depth);
      case "CallExpression":
        return this.#call(node, depth);
      default:
        return this.#refuse("NOT_ALLOWED", refusal(node.name), node);
    }
  }

  #constant(value: Internal): Step {
    return () => value;
  }

  #strings(node: SyntaxNode): Step {
    const texts = parts(node).map((part) => {
      if (part.name !== "String") this.#refuse("NOT_ALLOWED", refusal(part.name), part);
      return readString(this.#text(part), part.from);
    });
    return this.#constant(texts.join(""));
  }

  #variable(node: SyntaxNode): Step {
    const at = node.from;
    const name = this.#text(node).normalize("NFKC");
    if (!isIdentifier(name)) this.#refuse("SYNTAX", "This is not a valid name.", node);
    this.names.add(name);
    return (run) => {
      run.at = at;
      return run.variable(name);
    };
  }

  #sequence(node: SyntaxNode, depth: number, Kind: typeof List | typeof Tuple): Step {
    const at = node.from;
    const items = this.#elements(node).map((element) => this.#expression(element, depth + 1));
    return (run) => {
      const sequence = new Kind(items.map((step) => step(run)));
      run.at = at;
      run.chargeSize(sequence.size);
      return sequence;
    };
  }

  #logic(node: SyntaxNode, depth: number): Step {
    const groups = alternatives(node, this.#source).map((literals) => {
      const steps = literals.map(({ nots, node }) => this.#negated(this.#expression(node, depth + 1), nots));
      return steps.length === 1 ? steps[0]! : allOf(steps);
    });
    return groups.length === 1 ? groups[0]! : anyOf(groups);
  }

  #negated(operand: Step, nots: number): Step {
    if (nots === 0) return operand;
    const odd = nots % 2 === 1;
    return (run) => truth(operand(run)) !== odd;
  }

  #unary(node: SyntaxNode, depth: number): Step {
    const at = node.from;
    const operator = operatorOf(node, this.#source);
    if (operator !== "-" && operator !== "+") {
      return this.#refuse("NOT_ALLOWED", `The operator ${operator} is not supported.`, node);
    }
    const operand = this.#expression(parts(node)[1]!, depth + 1, LEVEL.sign);
    const apply = operator === "-" ? negate : plus;
    return (run) => {
      const value = operand(run);
      run.at = at;
      return apply(value, run);
    };
  }

  #binary(node: SyntaxNode, depth: number): Step {
    const operator = operatorOf(node, this.#source);
    const level = binaryLevel(operator);
    const found = parts(node);
    const [first, last, at] = [found[0]!, found.at(-1)!, found[1]!.from];
    if (level === null)
      return this.#refuse("NOT_ALLOWED", `The operator ${operator} is not supported.`, found[1]!);
    if (level === LEVEL.comparison) return this.#comparisons(node, depth);
    if (level === LEVEL.power) {
      const base = this.#expression(first, depth + 1, LEVEL.primary);
      return this.#arithmetic("**", base, this.#expression(last, depth + 1, LEVEL.sign), at);
    }
    const left = this.#expression(first, depth, level);
    const right = this.#expression(last, depth + 1, (level + 1) as Level);
    return this.#arithmetic(operator as Arithmetic, left, right, at);
  }

  #arithmetic(operator: Arithmetic, left: Step, right: Step, at: number): Step {
    return (run) => {
      const a = left(run);
      const b = right(run);
      run.at = at;
      return calculate(operator, a, b, run);
    };
  }

  /** `a < b < c` is `a < b and b < c`, with `b` evaluated once. */
  #comparisons(node: SyntaxNode, depth: number): Step {
    const links: { operator: Comparison; right: Step; at: number }[] = [];
    let first = node;
    while (
      first.name === "BinaryExpression" &&
      binaryLevel(operatorOf(first, this.#source)) === LEVEL.comparison
    ) {
      const found = parts(first);
      links.unshift({
        operator: operatorOf(first, this.#source) as Comparison,
        right: this.#expression(found.at(-1)!, depth + 1, LEVEL.sum),
        at: found[1]!.from,
      });
      first = found[0]!;
    }
    const start = this.#expression(first, depth + 1, LEVEL.sum);
    return (run) => {
      let left = start(run);
      for (const { operator, right, at } of links) {
        const value = right(run);
        run.at = at;
        if (!compare(operator, left, value, run)) return false;
        left = value;
      }
      return true;
    };
  }

  #conditional(node: SyntaxNode, depth: number): Step {
    const [body, , test, , other] = parts(node);
    const yes = this.#expression(body!, depth + 1, LEVEL.logic);
    const condition = this.#expression(test!, depth + 1, LEVEL.logic);
    const no = this.#expression(other!, depth);
    return (run) => (truth(condition(run)) ? yes(run) : no(run));
  }

  #subscript(node: SyntaxNode, depth: number): Step {
    const [object, bracket, ...rest] = parts(node);
    const at = bracket!.from;
    if (bracket!.name !== "[") this.#refuse("NOT_ALLOWED", "Attributes are not supported.", bracket!);
    const target = this.#expression(object!, depth + 1, LEVEL.primary);
    const bounds: (Step | undefined)[] = [undefined];
    for (const part of rest.slice(0, -1)) {
      if (part.name === ",") this.#refuse("TYPE_ERROR", "A subscript may not be a tuple.", part);
      else if (part.name === ":") bounds.push(undefined);
      else bounds[bounds.length - 1] = this.#expression(part, depth + 1);
    }
    const [start, stop, step] = bounds;
    return (run) => {
      const value = target(run);
      const from = start ? start(run) : null;
      if (bounds.length === 1) {
        run.at = at;
        return item(value, from, run);
      }
      const to = stop ? stop(run) : null;
      const stride = step ? step(run) : null;
      run.at = at;
      return slice(value, from, to, stride, run);
    };
  }

  #call(node: SyntaxNode, depth: number): Step {
    const at = node.from;
    const [callee, list] = parts(node);
    const name = this.#text(callee!);
    const builtin = callee!.name === "VariableName" ? FUNCTIONS.get(name) : undefined;
    if (!builtin)
      return this.#refuse("NOT_ALLOWED", `Only ${[...FUNCTIONS.keys()].join(", ")} can be called.`, node);
    if (parts(list!).some((part) => part.name === "AssignOp")) {
      this.#refuse("NOT_ALLOWED", "Keyword arguments are not supported.", list!);
    }
    const args = this.#elements(list!).map((argument) => this.#expression(argument, depth + 1));
    if (args.length < builtin.least || args.length > builtin.most) {
      this.#refuse("TYPE_ERROR", `${name} does not take ${args.length} arguments.`, node);
    }
    return (run) => {
      const values = args.map((argument) => argument(run));
      run.at = at;
      return builtin.call(values, run);
    };
  }

  /** What stands between brackets and commas; `*`, `for` and the like stay in, to be refused as expressions. */
  #elements(node: SyntaxNode): SyntaxNode[] {
    return parts(node).filter((part) => !["(", ")", "[", "]", ","].includes(part.name));
  }

  #text(node: SyntaxNode): string {
    return this.#source.slice(node.from, node.to);
  }

  #refuse(code: ExpressionErrorCode, message: string, node: SyntaxNode): never {
    throw new ExpressionError(code, message, node.from);
  }
}

/** `a and b and c`: the first false operand, or the last one. */
function allOf(steps: readonly Step[]): Step {
  return (run) => {
    let value: Internal = true;
    for (const step of steps) {
      value = step(run);
      if (!truth(value)) return value;
    }
    return value;
  };
}

/** `a or b or c`: the first true operand, or the last one. */
function anyOf(steps: readonly Step[]): Step {
  return (run) => {
    let value: Internal = false;
    for (const step of steps) {
      value = step(run);
      if (truth(value)) return value;
    }
    return value;
  };
}
