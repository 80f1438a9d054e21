/** A schema document, as far as a conversation needs it. */
export interface Document {
  name: string;
  questions: {
    qid: number;
    type: string;
    text?: string;
    next_qid?: number | null;
    show_as_type?: string;
    answers?: { text: string; next_qid?: number | null; variable_modifications?: [string, string][] }[];
    variable_modifications?: [string, string][];
    forking_rules?: [number, string][];
  }[];
}

export type Given = "confirm" | string | string[] | { text?: string; answers?: string[] };
export interface Play {
  qid: number;
  answer: Given;
}
export interface Line {
  text: string;
  type: string;
  by: "automation" | "patient";
}

/** What one step of a conversation says, where it then waits (null at the end), and the pool. */
export interface Said {
  lines: Line[];
  waits: number | null;
  variables: Record<string, number>;
}

/**
 * What a conversation must say, by the document alone: a second, naive reading of the rules for the examples, so
 * that the server is not compared with its own engine. The first step is the start.
 */
export function transcript(document: Document, plays: readonly Play[], controlled: boolean): Said[] {
  const variables: Record<string, number> = {};
  const find = (qid: number) => document.questions.find((question) => question.qid === qid)!;
  const modify = (pairs: readonly [string, string][] = []) => {
    for (const [name, expression] of pairs) variables[name] = evaluate(expression, variables);
  };
  const shown = (qid: number): Line => {
    const { text = "", show_as_type = "automated_message" } = find(qid);
    return { text, type: show_as_type, by: "automation" };
  };

  function enter(from: number | null): Said {
    const lines: Line[] = [];
    let next = from;
    while (next !== null && next !== -1) {
      const question = find(next);
      const waits = question.type !== "message" && question.type !== "fork";
      if (waits && controlled) break;
      modify(question.variable_modifications);
      if (question.type !== "fork") lines.push(shown(next));
      if (waits) break;
      next =
        question.type === "fork"
          ? (question.forking_rules?.find(([, condition]) => evaluate(condition, variables))?.[0] ?? null)
          : (question.next_qid ?? null);
    }
    return { lines, waits: next === -1 ? null : next, variables: { ...variables } };
  }

  function play({ qid, answer }: Play): Said {
    const question = find(qid);
    const isControl = question.type === "control";
    const before = controlled && !isControl ? [shown(qid)] : [];
    if (controlled) modify(question.variable_modifications);
    const chosen = chosenBy(answer).map((text) => question.answers!.find((option) => option.text === text)!);
    for (const option of chosen) modify(option.variable_modifications);
    const text = [...chosen.map((option) => option.text), ...writtenBy(answer)].join(", ");
    const said: Line[] = isControl ? [] : [{ text, type: "message", by: "patient" }];
    const then = enter((chosen[0] ?? question).next_qid ?? null);
    return { ...then, lines: [...before, ...said, ...then.lines] };
  }

  const start = enter(document.questions[0]!.qid);
  return [start, ...plays.map(play)];
}

/** Texts of the options that an answer chooses. */
export function chosenBy(answer: Given): string[] {
  if (answer === "confirm") return [];
  if (typeof answer === "string") return [answer];
  return Array.isArray(answer) ? answer : (answer.answers ?? []);
}

/** What an answer writes, if anything. */
export function writtenBy(answer: Given): string[] {
  return typeof answer === "object" && !Array.isArray(answer) && answer.text !== undefined
    ? [answer.text]
    : [];
}

/** The few expressions that the examples use, read as JavaScript. */
function evaluate(expression: string, variables: Record<string, number>): number {
  const script = expression
    .replace(/(\S+) <= (\w+) <= (\S+)/g, "$1 <= $2 && $2 <= $3")
    .replaceAll(" or ", " || ")
    .replace(/[a-z_]\w*(?!\w*\()/gi, (name) => (name === "True" ? "1" : String(variables[name] ?? 0)))
    .replace("min(", "Math.min(");
  return Number(new Function(`return ${script};`)());
}
