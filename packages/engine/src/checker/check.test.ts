import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../tests/support/runs.ts";
import { QUESTION_TYPES, type SchemaDocument } from "../document/document.ts";
import { identify } from "../document/identify.ts";
import { load } from "../document/load.ts";
import { answer } from "../flow/answer.ts";
import { compileSchema } from "../flow/compile.ts";
import { start } from "../flow/enter.ts";
import type { FlowEvent } from "../flow/run.ts";
import type { Question, Schema, Translations } from "../schema.ts";
import { arbitrarySchema } from "../testing/arbitrarySchema.ts";
import { check } from "./check.ts";
import type { Finding } from "./finding.ts";

interface Fixture {
  document: unknown;
  findings: Finding[];
}

const FIXTURES = new URL("./testdata/", import.meta.url);

/** The schema of a document that is well shaped. */
function loaded(document: unknown): Schema {
  const read = load(document);
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  return read.schema;
}

describe("the findings about", () => {
  test.each(readdirSync(FIXTURES))("%s", (file) => {
    const { document, findings }: Fixture = JSON.parse(readFileSync(new URL(file, FIXTURES), "utf8"));
    expect(check(loaded(document))).toEqual(findings);
  });

  test("more automatic messages than a transition takes, though they are no loop", () => {
    const questions = Array.from({ length: 1_002 }, (_, qid) => ({
      qid,
      type: "message",
      next_qid: qid - 1,
    }));
    const schema = loaded({ ...frame, questions: questions.reverse() });
    expect(check(schema)).toMatchObject([
      { code: "ENDLESS_LOOP", qid: 1 },
      { code: "UNREACHABLE_QUESTION" },
      {},
    ]);
  });

  test("rules that are not even pairs, and nothing else", () => {
    const schema = loaded({ ...frame, questions: [{ qid: 1, type: "fork", forking_rules: [[1, "1"]] }] });
    // As edited over the wire, where the field is free JSON.
    Object.assign(schema.questions[0]!, { forking_rules: [7] });
    expect(check(schema)).toMatchObject([
      { code: "INVALID_DEFINITION", qid: 1, rule: 0, field: "forking_rules" },
    ]);
  });
});

const frame = { format: "colloquy.schema/1", name: "a", type: "chat" } as const;

describe("check", () => {
  test("has no error for a well-formed schema, and foretells what a chat meets", () => {
    fc.assert(
      fc.property(
        arbitrarySchema({ divergent: true }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (schema, picks) => {
          const findings = check(schema);
          expect(findings.filter((finding) => finding.severity === "error")).toEqual([]);
          expect(surprises(findings, play(schema, picks))).toEqual([]);
        },
      ),
    );
  });

  test("never throws, ends soon and foretells what a chat meets, whatever the schema", () => {
    fc.assert(
      fc.property(nonsense, fc.array(fc.nat(), { maxLength: 20 }), (document, picks) => {
        const schema = loaded(document);
        expect(surprises(check(schema), play(schema, picks))).toEqual([]);
      }),
      { numRuns: runs(100, 1_000) },
    );
  });

  test("says the same each time", () => {
    fc.assert(
      fc.property(nonsense, (document) => {
        expect(check(identify(document))).toEqual(check(identify(document)));
      }),
      { numRuns: runs(20, 200) },
    );
  });

  test("goes 100,000 questions deep", () => {
    const questions = Array.from({ length: 100_000 }, (_, qid) => ({
      qid,
      type: "text" as const,
      next_qid: qid + 1,
    }));
    const schema = identify({
      ...frame,
      questions: [...questions, { qid: 100_000, type: "text", next_qid: 1 }],
    });
    expect(check(schema).filter(({ severity }) => severity === "error")).toMatchObject([
      { code: "NO_WAY_OUT", qid: 1 },
    ]);
  });
});

/** What a chat met that the findings rule out. */
function surprises(findings: Finding[], events: FlowEvent[]): string[] {
  const never = new Set(findings.filter(({ code }) => code === "UNREACHABLE_QUESTION").map(({ qid }) => qid));
  // What the checker plays stops at an expression that fails, where other values might have gone on.
  const unsure = ["CHECK_INCOMPLETE", "BAD_EXPRESSION", "INVALID_DEFINITION"];
  const sure = findings.every(({ code }) => !unsure.includes(code));
  return events.flatMap((event) => {
    if ((event.type === "shown" || event.type === "passed") && never.has(event.question.qid))
      return ["unreachable"];
    if (event.type !== "failed" || !sure) return [];
    return findings.some(({ code }) => code === event.failure.code) ? [] : [event.failure.code];
  });
}

/** Plays a schema; at options, each number picks some of them in some order. */
function play(schema: Schema, picks: number[]): FlowEvent[] {
  const compiled = compileSchema(schema);
  let step = start(compiled, "scripted");
  const events = [...step.events];
  for (const pick of picks) {
    if (step.run.question === null) break;
    const current = compiled.byQid.get(step.run.question)!;
    const next = answer(compiled, "scripted", step.run, current, replyTo(current.question, pick));
    if ("errors" in next) break;
    step = next;
    events.push(...step.events);
  }
  return events;
}

const TEXTS = {
  text: "x",
  date: "2026-11-22",
  time: "10:00",
  datetime: "2026-11-22T10:00",
  int: "1",
  float: "1",
};

function replyTo({ type, answers, range_from }: Question, pick: number) {
  if (type === "range") return { text: String(range_from) };
  if (type !== "choice" && type !== "multichoice") return { text: TEXTS[type as keyof typeof TEXTS] ?? null };
  const free = answers.filter((one) => !one.exclusive);
  if (type === "choice" || pick % 3 === 0 || free.length === 0) {
    const one = answers[pick % answers.length];
    return { answers: one ? [one.id] : [] };
  }
  const chosen = free.filter((_, index) => (pick >> index) & 1).map((one) => one.id);
  return { answers: pick % 2 === 0 ? chosen : chosen.reverse() };
}

/** Well shaped and otherwise anything: pointers into nothing, duplicates, garbage for expressions. */
const qid = fc.integer({ min: 0, max: 9 });
const next = fc.oneof({ weight: 8, arbitrary: qid }, { weight: 2, arbitrary: fc.constantFrom(-1, null, 77) });
const source = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "x + 1",
      "y",
      "x * 2",
      "x - y",
      "0",
      "1",
      "x > 2",
      "y == x",
      "x % 3",
      "y // 2",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("1 / x", "'a'", "'a' * x", "[x, y]", "x ** y", "int(y)", "x[0]", "max(x)"),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("x", "y") },
  { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
);
const modifications = fc.array(fc.tuple(name, source), { maxLength: 2 });
const nonsense: fc.Arbitrary<SchemaDocument> = fc.record({
  format: fc.constant(frame.format),
  name: fc.constant("a"),
  type: fc.constant("chat"),
  questions: fc.array(
    fc.record(
      {
        qid,
        type: fc.constantFrom(...QUESTION_TYPES),
        position: qid,
        next_qid: next,
        group: fc.constantFrom("g", null),
        range_from: fc.integer({ min: -3, max: 3 }),
        range_to: fc.integer({ min: -3, max: 3 }),
        choice_open: fc.boolean(),
        variable_modifications: modifications,
        forking_rules: fc.array(fc.tuple(fc.oneof(qid, source), source), { maxLength: 3 }),
        answers: fc.array(
          fc.record(
            {
              text: fc.constantFrom("a", "b"),
              next_qid: next,
              exclusive: fc.boolean(),
              position: fc.nat(3),
              variable_modifications: modifications,
            },
            { requiredKeys: ["text"] },
          ),
          { maxLength: 6 },
        ),
        translations: fc.constantFrom<Translations[]>({}, { pl: { text: "x" } }),
      },
      { requiredKeys: ["qid", "type", "next_qid"] },
    ),
    { maxLength: 12 },
  ),
});
