import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../tests/support/runs.ts";
import { check } from "../checker/check.ts";
import { identify } from "../document/identify.ts";
import { answer } from "../flow/answer.ts";
import { type CompiledSchema, compileSchema } from "../flow/compile.ts";
import { start } from "../flow/enter.ts";
import type { FlowFailure } from "../flow/failure.ts";
import type { FlowEvent, Run } from "../flow/run.ts";
import { DEFAULT_ANSWER_RULES } from "../questions/kind.ts";
import type { Schema } from "../schema.ts";
import { inputFor } from "../testing/arbitraryInput.ts";
import { arbitrarySchema } from "../testing/arbitrarySchema.ts";
import { Form } from "./form.ts";
import { surveyOf } from "./survey.ts";

/** What a chat and a form that were answered alike say of it. */
interface Played {
  shown: number[];
  repeats: boolean;
  run: Run;
  failure: FlowFailure | null;
  finished: boolean;
  form: Form;
}

const picks = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });

/**
 * Plays a scripted chat until a question comes by again, and answers a form as the chat is answered: what is
 * refused there is refused here, for the same reasons, and after every answer the form is what it would be from
 * scratch.
 */
function play(schema: CompiledSchema, numbers: readonly number[]): Played {
  const form = new Form(schema);
  const given = new Map<number, readonly number[]>();
  const passed = new Set<number>();
  const shown: number[] = [];
  let repeats = false;
  let failure: FlowFailure | null = null;
  let finished = false;

  const give = (question: number, chosen: readonly number[]) => {
    given.set(question, chosen);
    form.answer(question, chosen);
    expect(stateOf(form)).toEqual(surveyOf(schema, answersOf(given)));
  };
  const follow = (events: readonly FlowEvent[]) => {
    for (const event of events) {
      if (event.type === "shown" || event.type === "passed") {
        repeats ||= passed.has(event.question.qid);
        passed.add(event.question.qid);
      }
      if (repeats) return;
      if (event.type === "shown") shown.push(event.question.qid);
      // What is only read is read in a form, too.
      if (event.type === "shown" && event.question.type === "message") give(event.question.id, []);
      if (event.type === "failed") failure = event.failure;
      if (event.type === "finished") finished = true;
    }
  };

  let { run, events } = start(schema, "scripted");
  follow(events);
  for (const number of numbers) {
    if (repeats || run.question === null) break;
    const current = schema.byQid.get(run.question)!;
    const input = inputFor(current.question, number);
    const verdict = current.kind.accept(current.question, input, DEFAULT_ANSWER_RULES);
    const outcome = answer(schema, "scripted", run, current, input);
    if ("errors" in outcome) {
      expect(verdict).toEqual(outcome);
      continue;
    }
    expect(verdict).toHaveProperty("accepted");
    if ("accepted" in verdict)
      give(
        current.question.id,
        verdict.accepted.answers.map(({ id }) => id),
      );
    follow(outcome.events);
    ({ run, events } = outcome);
  }
  return { shown, repeats, run, failure, finished, form };
}

const answersOf = (given: ReadonlyMap<number, readonly number[]>) =>
  [...given].map(([question, answers]) => ({ question, answers }));

const stateOf = ({ state, variables, failure }: Form) => ({ state, variables, failure });

const sorted = (numbers: Iterable<number>) => [...numbers].sort((one, other) => one - other);

const RUNS = runs(1_000, 10_000);

describe("a chat and a form of one schema, answered alike", () => {
  test("visit the same, refuse the same, and end with the same pool", () => {
    const seen = { finished: 0, repeats: 0 };
    fc.assert(
      fc.property(arbitrarySchema(), picks, (schema, numbers) => {
        const { shown, repeats, run, finished, form } = play(compileSchema(schema), numbers);
        const visible = form.state!.visibility;
        expect(visible).toEqual(expect.arrayContaining(shown));
        if (repeats) seen.repeats++;
        if (!finished) return;
        seen.finished++;
        expect(sorted(visible)).toEqual(sorted(shown));
        expect(form.variables).toEqual(run.variables);
        expect(form.state!.completed).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect(seen.finished).toBeGreaterThan(0.4 * RUNS);
    expect(seen.repeats).toBeGreaterThan(RUNS / 100);
  });

  test("where ways diverge, the form shows all that the chat visits", () => {
    let more = 0;
    fc.assert(
      fc.property(arbitrarySchema({ divergent: true, loops: false }), picks, (schema, numbers) => {
        const { shown, form } = play(compileSchema(schema), numbers);
        expect(form.state!.visibility).toEqual(expect.arrayContaining(shown));
        if (form.state!.visibility.length > shown.length) more++;
      }),
      { numRuns: RUNS },
    );
    expect(more).toBeGreaterThan(RUNS / 10);
  });

  test("where the first of several options leads where the question does, the form goes that way first", () => {
    // What is behind the other option changes the variable by which the fork chooses.
    const tell = (qid: number, next_qid: number) => ({ qid, type: "message" as const, next_qid });
    const schema = compileSchema(
      identify({
        format: "colloquy.schema/1",
        name: "a",
        type: "chat",
        questions: [
          {
            qid: 0,
            type: "multichoice",
            next_qid: 4,
            answers: [
              { text: "on", next_qid: 4 },
              { text: "around", next_qid: 1 },
            ],
          },
          { ...tell(1, 7), variable_modifications: [["around", "1"]] },
          { qid: 4, type: "fork", forking_rules: [[5, "not around"]] },
          tell(5, 7),
          tell(7, -1),
        ],
      }),
    );
    const { id, answers } = schema.first!.question;
    const [on, around] = answers.map((option) => option.id);
    const form = new Form(schema, [{ question: id, answers: [on!, around!] }]);
    expect(form.state!.visibility).toEqual([0, 1, 5, 7]);
    form.answer(id, [around!, on!]);
    expect(form.state!.visibility).toEqual([0, 1, 7]);
  });

  test("stop at the same fault of the schema", () => {
    let failed = 0;
    fc.assert(
      fc.property(
        arbitrarySchema({ loops: false }),
        fc.nat(),
        fc.nat(3),
        picks,
        (schema, place, fault, numbers) => {
          const { shown, run, failure, form } = play(compileSchema(broken(schema, place, fault)), numbers);
          if (failure === null) return;
          failed++;
          expect(form.failure).toEqual(failure);
          expect(form.state!.completed).toBe(false);
          expect(sorted(form.state!.visibility)).toEqual(sorted(shown));
          expect(form.variables).toEqual(run.variables);
        },
      ),
      { numRuns: RUNS / 10 },
    );
    expect(failed).toBeGreaterThan(RUNS / 100);
  });
});

/** The schema with one fault: in what a question or an option writes, in a rule, or in a pointer. */
function broken(schema: Schema, place: number, fault: number): Schema {
  const copy = structuredClone(schema);
  const question = copy.questions[place % copy.questions.length]!;
  const option = question.answers[0];
  if (fault === 0)
    question.variable_modifications = [
      ["mood", "7"],
      ["score", "1 / 0"],
    ];
  else if (fault === 1 && option)
    option.variable_modifications = [
      ["mood", "7"],
      ["score", "'a' + 1"],
    ];
  else if (fault === 2 && question.type === "fork") question.forking_rules = [["1 / 0", "True"]];
  else if (option) option.next_qid = 4_040;
  else question.next_qid = 4_040;
  return copy;
}

test("schemas made without divergence have none by the checker", () => {
  fc.assert(
    fc.property(arbitrarySchema(), (schema) => {
      expect(check(schema).filter(({ code }) => code === "DIVERGENT")).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

describe("a form", () => {
  const anything = fc.record({
    schema: fc.boolean().chain((divergent) => arbitrarySchema({ divergent, size: 20 })),
    changes: fc.array(fc.record({ place: fc.nat(), pick: fc.nat(), clear: fc.boolean() }), { maxLength: 40 }),
  });

  test("is after any change what it would be from scratch", () => {
    fc.assert(
      fc.property(anything, ({ schema, changes }) => {
        const compiled = compileSchema(schema);
        const form = new Form(compiled);
        const given = new Map<number, readonly number[]>();
        for (const { place, pick, clear } of changes) {
          const question = schema.questions[place % schema.questions.length]!;
          const chosen = question.answers.filter((_, index) => (pick >> index) % 2 === 1).map(({ id }) => id);
          if (clear) form.clear(question.id);
          else form.answer(question.id, chosen);
          if (clear) given.delete(question.id);
          else given.set(question.id, chosen);
          expect(stateOf(form)).toEqual(surveyOf(compiled, answersOf(given)));
        }
      }),
      { numRuns: runs(200, 2_000) },
    );
  });

  test("shows the same in whatever order it is answered", () => {
    fc.assert(
      fc.property(anything, ({ schema, changes }) => {
        const compiled = compileSchema(schema);
        const given = new Map(
          changes.map(({ place, pick }) => {
            const question = schema.questions[place % schema.questions.length]!;
            return [question.id, question.answers.slice(0, 1 + (pick % 3)).map(({ id }) => id)];
          }),
        );
        const forwards = new Form(compiled);
        const backwards = new Form(compiled);
        for (const { question, answers } of answersOf(given)) forwards.answer(question, answers);
        for (const { question, answers } of answersOf(given).reverse()) backwards.answer(question, answers);
        expect(stateOf(forwards)).toEqual(stateOf(backwards));
      }),
      { numRuns: runs(100, 500) },
    );
  });
});
