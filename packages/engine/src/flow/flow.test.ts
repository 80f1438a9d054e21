import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuestionDocument } from "../document/document.ts";
import { identify } from "../document/identify.ts";
import type { AnswerInput } from "../questions/kind.ts";
import { arbitrarySchema } from "../testing/arbitrarySchema.ts";
import { answer } from "./answer.ts";
import { type CompiledSchema, compileSchema } from "./compile.ts";
import { start } from "./enter.ts";
import { historyOf, replay } from "./replay.ts";
import type { FlowEvent, Mode, Run, Step } from "./run.ts";

function compile(...questions: QuestionDocument[]): CompiledSchema {
  return compileSchema(identify({ format: "colloquy.schema/1", name: "a", type: "chat", questions }));
}

/** Answers a question by the texts of its options, or by its text. */
function reply(
  schema: CompiledSchema,
  run: Run,
  given: string | string[],
  mode: Mode = "scripted",
  qid = run.question!,
) {
  const current = schema.byQid.get(qid)!;
  const optionId = (text: string) => current.question.answers.find((option) => option.text === text)!.id;
  const input: AnswerInput = typeof given === "string" ? { text: given } : { answers: given.map(optionId) };
  const step = answer(schema, mode, run, current, input);
  if ("errors" in step) throw new Error(JSON.stringify(step.errors));
  return step;
}

/** `shown 1`, `answered 2: text`, … */
function said({ events }: Step): string[] {
  return events.map((event) => {
    if (event.type === "finished") return event.type;
    if (event.type === "failed") return `failed ${event.failure.code} at ${event.failure.qid}`;
    return `${event.type} ${event.question.qid}${event.type === "answered" ? `: ${event.text}` : ""}`;
  });
}

const ask = (qid: number, next_qid: number): QuestionDocument => ({ qid, type: "text", next_qid });
const tell = (qid: number, next_qid: number): QuestionDocument => ({ qid, type: "message", next_qid });
const fork = (qid: number, ...rules: [number | string, string][]): QuestionDocument => ({
  qid,
  type: "fork",
  forking_rules: rules,
});
const set = (question: QuestionDocument, ...modifications: [string, string][]): QuestionDocument => ({
  ...question,
  variable_modifications: modifications,
});

describe("starting", () => {
  test("shows the question of the lowest position and waits there", () => {
    const step = start(compile({ ...ask(1, -1), position: 9 }, { ...ask(2, -1), position: 3 }), "scripted");
    expect(said(step)).toEqual(["shown 2"]);
    expect(step.run).toEqual({ question: 2, variables: {} });
  });

  test("runs through leading messages and forks until something waits", () => {
    const schema = compile(
      tell(1, 2),
      set(fork(2, [3, "score > 5"], [4, "score == 1"]), ["score", "score + 1"]),
      tell(3, 4),
      {
        qid: 4,
        type: "control",
        next_qid: -1,
      },
    );
    const step = start(schema, "scripted");
    expect(said(step)).toEqual(["shown 1", "passed 2", "shown 4"]);
    expect(step.run).toEqual({ question: 4, variables: { score: 1 } });
  });

  test("may be at any question", () => {
    expect(said(start(compile(ask(1, 2), tell(2, 3), ask(3, -1)), "scripted", 2))).toEqual([
      "shown 2",
      "shown 3",
    ]);
  });

  test("finishes at once where nothing waits, and where there is nothing", () => {
    expect(said(start(compile(tell(0, -1)), "scripted"))).toEqual(["shown 0", "finished"]);
    expect(start(compile(), "scripted")).toEqual({
      run: { question: null, variables: {} },
      events: [{ type: "finished" }],
    });
  });

  test("knows 0 as a qid", () => {
    const schema = compile(ask(1, 0), ask(0, -1));
    expect(reply(schema, start(schema, "scripted").run, "x").run.question).toBe(0);
  });
});

describe("going on", () => {
  test.each([
    ["text", "any"],
    ["date", "2026-11-22"],
    ["time", "10:00"],
    ["datetime", "2026-11-22T10:00"],
    ["int", "4"],
    ["float", "4.5"],
    ["range", "2"],
  ] as const)("from a %s question to its next_qid", (type, text) => {
    const schema = compile({ qid: 1, type, next_qid: 7, range_from: 1, range_to: 3 }, ask(7, -1));
    const step = reply(schema, start(schema, "scripted").run, text);
    expect(said(step)).toEqual([`answered 1: ${text}`, "shown 7"]);
    expect(step.run.question).toBe(7);
  });

  test("from a control without an answer: it is confirmed", () => {
    const schema = compile({ qid: 1, type: "control", next_qid: -1 });
    expect(said(reply(schema, start(schema, "scripted").run, "ok"))).toEqual(["confirmed 1", "finished"]);
  });

  test("from a choice to its answer's next_qid, not its own", () => {
    const answers = [
      { text: "a", next_qid: 2 },
      { text: "b", next_qid: 3 },
      { text: "none", next_qid: null },
    ];
    const schema = compile({ qid: 1, type: "choice", next_qid: 2, answers }, ask(2, -1), ask(3, -1));
    const { run } = start(schema, "scripted");
    expect(reply(schema, run, ["b"]).run.question).toBe(3);
    expect(said(reply(schema, run, ["none"]))).toEqual(["answered 1: none", "finished"]);
  });

  test("from a multichoice to the next_qid of the first submitted answer, with the changes in that order", () => {
    const schema = compile(
      {
        qid: 1,
        type: "multichoice",
        answers: [
          { text: "a", next_qid: 2, variable_modifications: [["x", "x * 10 + 1"]] },
          { text: "b", next_qid: 3, variable_modifications: [["x", "x * 10 + 2"]] },
        ],
      },
      ask(2, -1),
      ask(3, -1),
    );
    const { run } = start(schema, "scripted");
    expect(reply(schema, run, ["b", "a"])).toMatchObject({ run: { question: 3, variables: { x: 21 } } });
    expect(reply(schema, run, ["a", "b"])).toMatchObject({ run: { question: 2, variables: { x: 12 } } });
  });

  test("through a fork by its first rule that holds, its target rounded toward zero; with none to the end", () => {
    const schema = compile(
      ask(1, 2),
      fork(2, [3, "0"], ["10 / 3 + 1", "x"], [3, "1 == 1 and x"]),
      ask(3, -1),
      ask(4, -1),
    );
    const at = (variables: Run["variables"]) => reply(schema, { question: 1, variables }, "x");
    expect(at({ x: 1 }).run.question).toBe(4);
    expect(said(at({}))).toEqual(["answered 1: x", "passed 2", "finished"]);
  });

  test("says what is wrong with an answer, and nothing happens", () => {
    const schema = compile(set(ask(1, -1), ["x", "1"]));
    const { run } = start(schema, "scripted");
    expect(answer(schema, "scripted", run, schema.first!, {})).toEqual({ errors: { text: ["REQUIRED"] } });
    expect(run).toEqual({ question: 1, variables: { x: 1 } });
  });

  test("never changes the run that it is given", () => {
    const schema = compile(ask(1, 2), set(ask(2, -1), ["x", "x + 1"]));
    const { run } = start(schema, "scripted");
    reply(schema, Object.freeze({ ...run, variables: Object.freeze(run.variables) }), "x");
    expect(run).toEqual({ question: 1, variables: {} });
  });
});

describe("variables", () => {
  test("change when a question is shown, in order, each seeing the earlier ones", () => {
    const schema = compile(set(ask(1, -1), ["a", "a + 1"], ["b", "a * 2"], ["a", "b + a"]));
    expect(start(schema, "scripted").run.variables).toEqual({ a: 3, b: 2 });
  });

  test("change by a fork's modifications before its rules are asked", () => {
    const schema = compile(set(fork(1, [2, "ready"]), ["ready", "True"]), ask(2, -1));
    expect(start(schema, "scripted").run).toEqual({ question: 2, variables: { ready: true } });
  });

  test("change by the chosen answer before the next question's own", () => {
    const schema = compile(
      { qid: 1, type: "choice", answers: [{ text: "a", next_qid: 2, variable_modifications: [["x", "5"]] }] },
      set(ask(2, -1), ["y", "x + 1"]),
    );
    expect(reply(schema, start(schema, "scripted").run, ["a"]).run.variables).toEqual({ x: 5, y: 6 });
  });
});

describe("limited to some variables", () => {
  const schema = identify({
    format: "colloquy.schema/1",
    name: "a",
    type: "chat",
    questions: [
      set(tell(1, 2), ["x", "1"], ["y", "x + 1"]),
      set(fork(2, [3, "y"], [4, "1"]), ["y", "y + 10"]),
      {
        qid: 3,
        type: "choice",
        answers: [{ text: "a", next_qid: -1, variable_modifications: [["x", "5"]] }],
      },
      {
        qid: 4,
        type: "choice",
        answers: [
          {
            text: "a",
            next_qid: -1,
            variable_modifications: [
              ["y", "7"],
              ["x", "y + 5"],
            ],
          },
        ],
      },
    ],
  });

  test("changes no others, wherever they are modified, and forks read them as 0", () => {
    const limited = compileSchema(schema, ["x"]);
    const started = start(limited, "scripted");
    expect(started.run).toEqual({ question: 4, variables: { x: 1 } });
    const step = reply(limited, started.run, ["a"]);
    expect(step.run.variables).toEqual({ x: 5 });
    expect(replay(limited, [...started.events, ...step.events].flatMap(historyOf)).variables).toEqual({
      x: 5,
    });
  });

  test("changes nothing where there are none", () => {
    expect(start(compileSchema(schema, []), "scripted").run).toEqual({ question: 4, variables: {} });
    expect(start(compileSchema(schema), "scripted").run.variables).toEqual({ x: 1, y: 12 });
  });

  test("names a modification that fails by its place among all", () => {
    const failing = compile(set(ask(1, -1), ["x", "1"], ["y", "1 / 0"]));
    const limited = compileSchema(failing.schema, ["y"]);
    expect(start(limited, "scripted").events.at(-1)).toMatchObject({ failure: { qid: 1, modification: 1 } });
  });
});

describe("a run that is not moved on", () => {
  const schema = compile(
    set(tell(1, 2), ["x", "1"]),
    {
      qid: 2,
      type: "choice",
      answers: [
        { text: "on", next_qid: 3, variable_modifications: [["x", "x + 1"]] },
        { text: "nowhere", next_qid: 99 },
        { text: "end", next_qid: -1 },
        { text: "over", next_qid: null },
      ],
    },
    set(ask(3, -1), ["x", "100"]),
    { ...ask(4, 3), type: "control" },
  );
  const stay = (run: Run, mode: Mode, qid: number, text?: string) => {
    const current = schema.byQid.get(qid)!;
    const chosen = current.question.answers.filter((option) => option.text === text).map(({ id }) => id);
    const input = chosen.length > 0 ? { answers: chosen } : { text: text ?? "" };
    const step = answer(schema, mode, run, current, input, undefined, { moveOn: false });
    if ("errors" in step) throw new Error(JSON.stringify(step.errors));
    return step;
  };

  test("stays at its question with the answer's changes, however often it is answered", () => {
    const { run } = start(schema, "scripted");
    const once = stay(run, "scripted", 2, "on");
    expect(said(once)).toEqual(["answered 2: on"]);
    expect(once.run).toEqual({ question: 2, variables: { x: 2 } });
    expect(stay(once.run, "scripted", 2, "on").run).toEqual({ question: 2, variables: { x: 3 } });
  });

  test("does not look for what would follow", () => {
    expect(said(stay({ question: 2, variables: {} }, "scripted", 2, "nowhere"))).toEqual([
      "answered 2: nowhere",
    ]);
  });

  test.each(["end", "over"])("is finished by what has nothing after it (%s)", (text) => {
    const step = stay({ question: 2, variables: {} }, "scripted", 2, text);
    expect(said(step)).toEqual([`answered 2: ${text}`, "finished"]);
    expect(step.run.question).toBe(null);
  });

  test("stays where it is whatever a front end answers or confirms", () => {
    const step = stay({ question: 2, variables: {} }, "controlled", 4);
    expect(said(step)).toEqual(["passed 4", "confirmed 4"]);
    expect(step.run.question).toBe(2);
    expect(said(stay({ question: 2, variables: {} }, "controlled", 3, "x"))).toEqual([
      "shown 3",
      "answered 3: x",
      "finished",
    ]);
  });
});

describe("a front end in control", () => {
  const schema = compile(set(tell(1, 2), ["x", "1"]), set(ask(2, 3), ["x", "x + 1"]), {
    ...set(ask(3, -1), ["x", "x * 10"]),
    type: "control",
  });

  test("is led to the question without its being shown; messages are shown all the same", () => {
    const step = start(schema, "controlled");
    expect(said(step)).toEqual(["shown 1"]);
    expect(step.run).toEqual({ question: 2, variables: { x: 1 } });
  });

  test("has shown a question when its answer comes, and a control without a message", () => {
    const first = reply(schema, start(schema, "controlled").run, "hi", "controlled");
    expect(said(first)).toEqual(["shown 2", "answered 2: hi"]);
    expect(first.run).toEqual({ question: 3, variables: { x: 2 } });
    const second = reply(schema, first.run, "ok", "controlled");
    expect(said(second)).toEqual(["passed 3", "confirmed 3", "finished"]);
    expect(second.run).toEqual({ question: null, variables: { x: 20 } });
  });

  test("may send any question, a message and a fork included", () => {
    const run: Run = { question: 2, variables: {} };
    expect(said(reply(schema, run, "", "controlled", 1))).toEqual(["shown 1"]);
    const forked = compile(fork(5, [6, "1"]), ask(6, -1));
    expect(reply(forked, run, "", "controlled", 5)).toMatchObject({
      run: { question: 6 },
      events: [{ type: "passed" }],
    });
  });
});

describe("a transition that cannot go on", () => {
  const chain = (length: number) => Array.from({ length }, (_, index) => tell(index, index + 1));

  test("takes 1,000 automatic steps and no more", () => {
    const enough = start(compile(...chain(1_000), ask(1_000, -1)), "scripted");
    expect(enough.run.question).toBe(1_000);
    expect(enough.events).toHaveLength(1_001);
    expect(said(start(compile(...chain(1_001), ask(1_001, -1)), "scripted"))).toEqual([
      "failed ENDLESS_LOOP at 1000",
    ]);
  });

  test("stops in an endless loop, with the answer kept and the loop's steps undone", () => {
    const schema = compile(ask(1, 2), set(tell(2, 3), ["x", "x + 1"]), tell(3, 2));
    const step = reply(schema, { question: 1, variables: { x: 5 } }, "hi");
    expect(said(step)).toEqual(["answered 1: hi", "failed ENDLESS_LOOP at 2"]);
    expect(step.run).toEqual({ question: null, variables: { x: 5 } });
  });

  test("keeps what was shown before a bad expression, and its variables, and names the place", () => {
    const schema = compile(
      set(tell(1, 2), ["x", "1"]),
      set(tell(2, 3), ["x", "2"], ["y", "1 / 0"]),
      ask(3, -1),
    );
    const step = start(schema, "scripted");
    expect(said(step)).toEqual(["shown 1", "failed BAD_EXPRESSION at 2"]);
    expect(step.events.at(-1)).toMatchObject({ failure: { qid: 2, modification: 1 } });
    expect(step.run).toEqual({ question: null, variables: { x: 1 } });
  });

  test("keeps an answer whose modifications fail", () => {
    const answers = [
      { text: "a", next_qid: -1, variable_modifications: [["x", "1 % 0"] as [string, string]] },
    ];
    const schema = compile({ qid: 1, type: "choice", answers });
    expect(said(reply(schema, start(schema, "scripted").run, ["a"]))).toEqual([
      "answered 1: a",
      "failed BAD_EXPRESSION at 1",
    ]);
  });

  test.each(["1 +", "1 / 0", "'a' + 1", "'a' * 3"])("for the target %j", (target) => {
    const step = start(compile(fork(1, [1, "0"], [target, "1"])), "scripted");
    expect(step.events.at(-1)).toMatchObject({
      type: "failed",
      failure: { code: "BAD_EXPRESSION", qid: 1, rule: 1 },
    });
  });

  test("for a qid that there is not, naming who points to it", () => {
    const step = start(compile(tell(1, 2), fork(2, ["50", "1"])), "scripted");
    expect(said(step)).toEqual(["shown 1", "passed 2", "failed UNKNOWN_QID at 2"]);
    expect(said(start(compile(ask(1, -1)), "scripted", 77))).toEqual(["failed UNKNOWN_QID at 77"]);
  });

  test("for a variable that may not be assigned to", () => {
    const step = start(compile(set(ask(1, -1), ["__proto__", "[1]"])), "scripted");
    expect(said(step)).toEqual(["failed BAD_EXPRESSION at 1"]);
    expect(Object.getPrototypeOf(step.run.variables)).toBe(Object.prototype);
  });
});

describe("replaying", () => {
  test("the history of any run gives its pool", () => {
    fc.assert(
      fc.property(
        arbitrarySchema(),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.constantFrom("scripted", "controlled"),
        (schema, picks, mode) => {
          const compiled = compileSchema(schema);
          const { run, events } = play(compiled, picks, mode as Mode);
          expect(replay(compiled, events.flatMap(historyOf)).variables).toEqual(run.variables);
        },
      ),
    );
  });

  test("without the later messages gives the pool as it was", () => {
    fc.assert(
      fc.property(arbitrarySchema(), fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (schema, picks) => {
        const compiled = compileSchema(schema);
        const before = play(compiled, picks.slice(0, -1), "scripted");
        const after = play(compiled, picks, "scripted");
        const kept = after.events.slice(0, before.events.length);
        expect(replay(compiled, kept.flatMap(historyOf)).variables).toEqual(before.run.variables);
      }),
    );
  });

  test("passes over an entry that fails, and over what the schema no longer has", () => {
    const schema = compile(
      set(tell(1, 2), ["x", "7"]),
      set(tell(2, 3), ["y", "1 // x"]),
      set(ask(3, -1), ["z", "1"]),
    );
    const [one, two, three] = schema.schema.questions.map((question) => ({ shown: question.id }));
    expect(replay(schema, [one!, two!, three!]).variables).toEqual({ x: 7, y: 0, z: 1 });
    expect(
      replay(schema, [two!, { shown: 999 }, { answered: [5], question: 999 }, three!]).variables,
    ).toEqual({
      z: 1,
    });
  });
});

/** Plays a schema with an option picked by number wherever there are options. */
function play(schema: CompiledSchema, picks: number[], mode: Mode): { run: Run; events: FlowEvent[] } {
  const first = start(schema, mode);
  const events = [...first.events];
  let { run } = first;
  for (const pick of picks) {
    if (run.question === null) break;
    const { answers, type, range_from } = schema.byQid.get(run.question)!.question;
    const texts = {
      text: "x",
      date: "2026-11-22",
      time: "10:00",
      datetime: "2026-11-22T10:00",
      int: "1",
      float: "1",
    };
    const text = type === "range" ? String(range_from) : (texts[type as keyof typeof texts] ?? "");
    const step = reply(schema, run, answers.length > 0 ? [answers[pick % answers.length]!.text] : text, mode);
    events.push(...step.events);
    run = step.run;
  }
  return { run, events };
}
