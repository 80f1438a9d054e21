import {
  answer,
  check,
  compileExpression,
  compileSchema,
  load,
  type Schema,
  start,
} from "../packages/engine/src/index.ts";
import { type Figure, median } from "./support/figure.ts";
import { longSchema } from "./support/schemas.ts";

const LENGTH = 1_000;
const EXPRESSIONS = [
  "score + 2",
  "score >= 10 and not asked",
  "round((a + b * 2.5) / max(1, len(names)), 1)",
  "names[0] + ' ' + str(score) if score else 'nobody'",
];

/** What the engine costs, without a server and a database. */
export async function engine(): Promise<Figure[]> {
  const loaded = load(longSchema(LENGTH));
  if ("problems" in loaded) throw new Error(`The schema is none: ${JSON.stringify(loaded.problems)}`);
  const { schema } = loaded;
  return [entering(schema), checking(schema), ...EXPRESSIONS.map(evaluating)];
}

/** Answers a schema from its start to its end, over and over; microseconds per question entered. */
function entering(schema: Schema): Figure {
  const compiled = compileSchema(schema);
  const playThrough = () => {
    let { run } = start(compiled, "scripted");
    let answered = 0;
    while (run.question !== null) {
      const current = compiled.byQid.get(run.question)!;
      const option = current.question.answers[answered % 4]!;
      const step = answer(compiled, "scripted", run, current, { answers: [option.id], text: "" });
      if ("errors" in step) throw new Error(`Refused: ${JSON.stringify(step.errors)}`);
      run = step.run;
      answered += 1;
    }
    return answered;
  };
  return {
    measurement: `engine: enter a question of ${LENGTH.toLocaleString("en")}`,
    value: microseconds(playThrough),
    unit: "µs",
    goal: { most: 50 },
  };
}

function checking(schema: Schema): Figure {
  const taken = Array.from({ length: 5 }, () => {
    const from = performance.now();
    check(schema);
    return performance.now() - from;
  });
  const measurement = `engine: check a schema of ${LENGTH.toLocaleString("en")} questions`;
  return { measurement, value: median(taken) / 1000, unit: "s", goal: { most: 1 } };
}

function evaluating(source: string): Figure {
  const expression = compileExpression(source);
  const scope = { score: 12, asked: 0, a: 3, b: 4, names: ["Ada", "Bo"] };
  const evaluate = () => {
    for (let n = 0; n < 1_000; n++) expression.evaluate(scope);
    return 1_000;
  };
  return { measurement: `engine: ${source}`, value: microseconds(evaluate), unit: "µs" };
}

/** The median of many runs, per thing done; `work` says how many it did. */
function microseconds(work: () => number): number {
  for (let n = 0; n < 20; n++) work();
  return median(
    Array.from({ length: 50 }, () => {
      const from = performance.now();
      const done = work();
      return ((performance.now() - from) * 1000) / done;
    }),
  );
}
