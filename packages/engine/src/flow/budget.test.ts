import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check } from "../checker/check.ts";
import type { QuestionDocument } from "../document/document.ts";
import { identify } from "../document/identify.ts";
import { Form } from "../survey/form.ts";
import { answer } from "./answer.ts";
import { budgetFor, TRANSITION_WORK } from "./budget.ts";
import { compileSchema } from "./compile.ts";
import { start } from "./enter.ts";
import { historyOf, replay } from "./replay.ts";

const schemaOf = (questions: QuestionDocument[]) =>
  identify({ format: "colloquy.schema/1", name: "a", type: "chat", questions });
const compile = (questions: QuestionDocument[]) => compileSchema(schemaOf(questions));

/** A source of 2,000 characters made of one part over and over. */
function filled(unit: string, separator: string, most = 2_000): string {
  const count = Math.floor((most + separator.length) / (unit.length + separator.length));
  return Array(count).fill(unit).join(separator);
}

/** Messages one after the other, each with this expression, and a question at the end. */
function chain(length: number, ...expressions: string[]): QuestionDocument[] {
  const messages = Array.from(
    { length },
    (_, qid): QuestionDocument => ({
      qid,
      type: "message",
      next_qid: qid + 1,
      variable_modifications: expressions.map((expression, index) => [`v${index}`, expression]),
    }),
  );
  return [...messages, { qid: length, type: "text", next_qid: -1 }];
}

const HEAVY: Record<string, string[]> = {
  "long strings": ["len('a'*9999)+len('b'*9999)+len('c'*9999)"],
  "long lists": ["len([0]*9999)+len([1]*9999)"],
  "comparing lists": ["[0]*4000==[0]*4000"],
  "long ints": [filled("2**2047//3**1200", "+", 800)],
  powers: [`(${filled("3**2500", "-", 900)})%7`],
  "rounding tiny floats": [filled("round(5e-324,323)", "+", 1_500)],
  "numbers as text": [filled("len(str(x+0.1))", "+", 1_500)],
  "slow digits": ["int('\u0661'*1200)%7+int('\u0661'*1200)%7"],
  searching: ["'b' in 'a'*9999 or 'c' in 'a'*9999"],
  "plain sums": Array(10).fill(filled("x", "+", 900)),
  "variables that are copied": ["'a'*9999", ...Array.from({ length: 60 }, (_, n) => `v${n}`)],
  "lists in each other": ["[[0]*40]*70", "str(v0)", "v0==v0*1"],
};

describe("a transition that takes too much work", () => {
  for (const [name, expressions] of Object.entries(HEAVY)) {
    test(`stops: ${name}`, () => {
      const schema = compile(chain(999, ...expressions));
      const budget = budgetFor({});
      const step = start(schema, "scripted", null, budget);
      expect(step.events.at(-1)).toMatchObject({ type: "failed", failure: { code: "BUDGET_EXCEEDED" } });
      expect(step.run.question).toBeNull();
      // What was paid for last is not done any more.
      expect(budget.spent).toBeLessThan(TRANSITION_WORK + 200_000);
      // What was shown before stays, and the pool is what that makes.
      const shown = step.events.filter((event) => event.type === "shown");
      expect(shown.length).toBeGreaterThan(0);
      expect(replay(schema, step.events.flatMap(historyOf)).variables).toEqual(step.run.variables);
      // The same again: nothing depends on the clock.
      expect(start(schema, "scripted")).toEqual(step);
    });
  }

  test("stops where long texts are shown over and over", () => {
    const loop: QuestionDocument[] = [
      {
        qid: 1,
        type: "message",
        text: "x".repeat(900_000),
        next_qid: 2,
        variable_modifications: [["n", "n+1"]],
      },
      {
        qid: 2,
        type: "fork",
        forking_rules: [
          [1, "n < 900"],
          [3, "True"],
        ],
      },
      { qid: 3, type: "text", next_qid: -1 },
    ];
    const { events } = start(compile(loop), "scripted");
    expect(events.at(-1)).toMatchObject({ failure: { code: "BUDGET_EXCEEDED", qid: 1 } });
    expect(events.length).toBeLessThan(70);
  });

  test("stops where a pool has grown too large to be carried along, bit by bit", () => {
    const grow: QuestionDocument[] = [
      { qid: 1, type: "control", next_qid: 2 },
      {
        qid: 2,
        type: "message",
        next_qid: 1,
        variable_modifications: Array.from({ length: 10 }, (_, n) => [
          `v${n}`,
          `(v${n} if v${n} else '')+'a'*999`,
        ]),
      },
    ];
    const schema = compile(grow);
    let { run } = start(schema, "scripted");
    let answers = 0;
    for (; run.question !== null && answers < 1_000; answers++) {
      const step = answer(schema, "scripted", run, schema.byQid.get(1)!, {});
      if ("errors" in step) throw new Error("refused");
      run = step.run;
    }
    expect(JSON.stringify(run.variables).length).toBeLessThan(2 * TRANSITION_WORK);
  });

  test("stops in an answer's options, and in a fork's rules", () => {
    const heavy = "len([0]*9999)+len([0]*9999)";
    const chosen: QuestionDocument[] = [
      {
        qid: 1,
        type: "choice",
        answers: [{ text: "a", next_qid: 2, variable_modifications: Array(100).fill(["v", heavy]) }],
      },
      { qid: 2, type: "fork", forking_rules: Array(100).fill([-1, `${heavy} < 0`]) },
    ];
    const schema = compile(chosen);
    const { run } = start(schema, "scripted");
    const step = answer(schema, "scripted", run, schema.byQid.get(1)!, {
      answers: [schema.first!.question.answers[0]!.id],
    });
    if ("errors" in step) throw new Error("refused");
    expect(step.events.map(({ type }) => type)).toEqual(["answered", "failed"]);
    expect(step.run).toEqual({ question: null, variables: {} });
    const { events } = start(schema, "scripted", 2);
    expect(events.at(-1)).toMatchObject({
      failure: { code: "BUDGET_EXCEEDED", qid: 2, rule: expect.any(Number) },
    });
  });

  test("is found by the checker", () => {
    const found = check(schemaOf(chain(999, ...HEAVY["long strings"]!)));
    expect(found).toContainEqual(expect.objectContaining({ code: "BUDGET_EXCEEDED", severity: "error" }));
  });

  test("stops as a replay, with what was made by then", () => {
    const schema = compile(chain(1, "len([0]*9999)+len([0]*9999)"));
    const shown = { shown: schema.first!.question.id };
    expect(replay(schema, Array(10).fill(shown))).toEqual({ variables: { v0: 19_998 }, failure: null });
    expect(replay(schema, Array(1_000).fill(shown))).toEqual({
      variables: { v0: 19_998 },
      failure: expect.objectContaining({ code: "BUDGET_EXCEEDED", qid: 0 }),
    });
  });
});

describe("what a sane schema needs", () => {
  const SANE = [
    "score + 2",
    "round((a + b * 2.5) / max(1, len(str(score))), 1)",
    "'high' if score >= 20 and not asked else 'low'",
    "max(score, a, b) if score else min(a, b, 3)",
    "(a + b + score) / 3 * 100 - 5 ** 2",
  ];

  test("a thousand messages with five expressions each pass in one transition", () => {
    const budget = budgetFor({});
    const step = start(compile(chain(999, ...SANE)), "scripted", null, budget);
    expect(step.run.question).toBe(999);
    expect(budget.spent).toBeLessThan(TRANSITION_WORK / 2);
  });

  test("a form of a thousand questions with five expressions, and five for each option, is walked", () => {
    const modifications = SANE.map((expression, index): [string, string] => [`v${index}`, expression]);
    const questions = Array.from(
      { length: 1_000 },
      (_, qid): QuestionDocument => ({
        qid,
        type: "choice",
        required: true,
        variable_modifications: modifications,
        answers: [{ text: "a", next_qid: qid === 999 ? -1 : qid + 1, variable_modifications: modifications }],
      }),
    );
    const schema = compile(questions);
    const form = new Form(
      schema,
      schema.schema.questions.map(({ id, answers }) => ({ question: id, answers: [answers[0]!.id] })),
    );
    expect(form.failure).toBeNull();
    expect(form.state!.completed).toBe(true);
  });
});

describe("a form that takes too much work", () => {
  /** Questions of which each option costs another amount, some more than all that is allowed. */
  const costs = [
    "1",
    "len([0]*2000)",
    "len([0]*9999)+len([0]*9999)+len([0]*9999)",
    "1/(seen-19)",
    "[0]*9999",
  ];
  const schema = compile(
    Array.from(
      { length: 20 },
      (_, qid): QuestionDocument => ({
        qid,
        type: "multichoice",
        required: qid % 3 === 0,
        next_qid: qid === 19 ? -1 : qid + 1,
        variable_modifications: [["seen", "seen + 1"]],
        answers: costs.map((cost, index) => ({
          text: cost,
          next_qid: index === 2 ? Math.min(qid + 3, 19) : null,
          variable_modifications: Array(index < 3 ? 12 : 1).fill([`v${index}`, cost]),
        })),
      }),
    ),
  );
  const questions = schema.schema.questions;

  test("fails, and is not complete", () => {
    const form = new Form(
      schema,
      questions.map(({ id, answers }) => ({ question: id, answers: [answers[2]!.id] })),
    );
    expect(form.failure).toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect(form.state!.completed).toBe(false);
  });

  test("changed step by step is as it is from scratch", { timeout: 120_000 }, () => {
    const change = fc.record({
      question: fc.nat({ max: questions.length - 1 }),
      chosen: fc.constantFrom([2], [2, 0], [2, 1], [0], [1], [4], [3], [], null),
    });
    let exceeded = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 10, maxLength: 20 }), (changes) => {
        const given = new Map<number, number[]>();
        const form = new Form(schema);
        for (const { question, chosen } of changes) {
          const { id, answers } = questions[question]!;
          if (chosen === null) {
            given.delete(id);
            form.clear(id);
          } else {
            const ids = chosen.map((index) => answers[index]!.id);
            given.set(id, ids);
            form.answer(id, ids);
          }
        }
        const fresh = new Form(
          schema,
          [...given].map(([question, answers]) => ({ question, answers })),
        );
        if (fresh.failure?.code === "BUDGET_EXCEEDED") exceeded += 1;
        expect(form.failure).toEqual(fresh.failure);
        expect(form.state).toEqual(fresh.state);
        expect(form.variables).toEqual(fresh.variables);
      }),
      { numRuns: 20, seed: 7 },
    );
    expect(exceeded).toBeGreaterThan(3);
  });
});
