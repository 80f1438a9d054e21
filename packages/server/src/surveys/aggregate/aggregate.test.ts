import type { Schema } from "@colloquy/engine";
import type { SurveyAggregate } from "@colloquy/protocol";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "../../../../../tests/support/server.ts";
import { FIRST, fill, type Given, type Response, SECOND, stored } from "../export/testing/fill.ts";

const decimal = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map(String),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String),
  fc.constantFrom(" 7 ", "+3", ".5", "5.", "1e3", "2E-3", "1e-400", "0e99999", `0.${"0".repeat(400)}1`),
);
const day = fc.date({ min: new Date("2025-11-01"), max: new Date("2026-03-01"), noInvalidDate: true });
const isoDay = day.map((date) => date.toISOString().slice(0, 10));
const american = (iso: string) => iso.replace(/^(\d+)-(\d+)-(\d+)$/, "$2/$3/$1");

const some = (count: number) => fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: count });
const one = (count: number) => fc.nat(count - 1).map((position) => [position]);
const written = fc.constantFrom("", "my own words");
const answer = (given: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({
    ...given,
    inactive: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
  }) as fc.Arbitrary<Given>;

const responses = (answers: Record<number, fc.Arbitrary<Given>>): fc.Arbitrary<Response> =>
  fc.record({
    completed: fc.constantFrom(true, false, null),
    answers: fc.record(answers, { requiredKeys: [] }) as fc.Arbitrary<Record<number, Given>>,
  });

const OF_FIRST = responses({
  2: answer({ chosen: one(2), text: written }),
  3: answer({ chosen: some(3), text: written }),
  4: answer({ text: fc.integer({ min: 18, max: 95 }).map(String) }),
  5: answer({ text: decimal }),
  6: answer({ text: fc.integer({ min: 0, max: 10 }).map(String) }),
  7: answer({ text: fc.constant("Nothing") }),
  8: answer({ text: fc.oneof(isoDay, isoDay.map(american)) }),
});
const OF_SECOND = responses({
  2: answer({ chosen: one(2), text: written }),
  3: answer({ chosen: some(2) }),
  10: answer({
    text: fc.oneof(
      day.map((date) => date.toISOString()),
      isoDay.map((date) => `${american(date)} 11:59 PM`),
    ),
  }),
  4: answer({ text: fc.integer({ min: 18, max: 95 }).map(String) }),
  6: answer({ text: fc.integer({ min: -40, max: 400 }).map(String) }),
  7: answer({ text: fc.constant("Nothing") }),
});

let server: TestServer;
let versions: [Schema, Schema];
const given = [
  fc.sample(OF_FIRST, { numRuns: 400, seed: 20261122 }),
  fc.sample(OF_SECOND, { numRuns: 300, seed: 22112026 }),
] as const;

beforeAll(async () => {
  server = await startServer({ types: { schema: ["survey"] } });
  const { db, schemas } = server.colloquy;
  versions = [await stored(db, schemas.load, FIRST), await stored(db, schemas.load, SECOND)];
  for (const [index, version] of versions.entries()) await fill(db, version, given[index]!);
});

async function ask(key: string | number): Promise<SurveyAggregate> {
  const by = typeof key === "number" ? `id=${key}` : `name=${encodeURIComponent(key)}`;
  const { status, body } = await server.as(1).get(`/admin/surveys/aggregate?${by}`);
  expect(status).toBe(200);
  return body;
}

/** One by one over everything that was stored. */
function counted(parts: readonly (readonly [Schema, readonly Response[]])[], qid: number) {
  const all = parts.flatMap(([schema, responses]) => responses.map((response) => ({ schema, response })));
  const answers = all.flatMap(({ schema, response }) => {
    const answer = response.answers?.[qid];
    if (answer === undefined || answer.inactive) return [];
    return [{ ...answer, question: schema.questions.find((question) => question.qid === qid)! }];
  });
  const position = (schema: Schema, qid: number) =>
    schema.questions.find((question) => question.qid === qid)!.position;
  const last = ({ schema, response }: (typeof all)[number]) =>
    Object.entries(response.answers ?? {})
      .filter(([, answer]) => !answer.inactive)
      .map(([qid]) => Number(qid))
      .sort((one, other) => position(schema, other) - position(schema, one))[0];
  return {
    seen: all.filter(
      ({ response }) => response.completed !== null && response.answers?.[qid]?.inactive === false,
    ).length,
    answered: answers.length,
    stopped: all.filter((one) => one.response.completed === false && last(one) === qid).length,
    unanswered: all.filter((one) => one.response.completed === false && last(one) === undefined).length,
    written: answers.filter(({ text }) => text !== undefined && text !== "").length,
    texts: answers.flatMap(({ chosen = [], question }) =>
      chosen.map((index) => question.answers[index]!.text),
    ),
    numbers: answers.map(({ text }) => Number(text)),
    months: answers.map(({ text }) => (text ?? "").replace(/^(\d\d)\/\d\d\/(\d{4}).*/, "$2-$1").slice(0, 7)),
  };
}

const times = (all: readonly string[], text: string) => all.filter((other) => other === text).length;

describe.each(["both versions", "the first", "the second"])("over %s", (which) => {
  const chosen = () => {
    const parts = versions.map((version, index) => [version, given[index]!] as const);
    if (which === "both versions") return { key: FIRST.name, parts };
    const index = which === "the first" ? 0 : 1;
    return { key: versions[index].id, parts: [parts[index]!] };
  };

  it("counts surveys, and for each question who saw it, answered it and stopped there", async () => {
    const { key, parts } = chosen();
    const result = await ask(key);
    const all = parts.flatMap(([, responses]) => responses);
    expect(result).toMatchObject({
      schema: FIRST.name,
      surveys: all.length,
      completed: all.filter(({ completed }) => completed).length,
      stopped_before_first: counted(parts, 2).unanswered,
      versions: parts.map(([{ id, version }]) => ({ id, version })),
    });
    for (const { qid, seen, answered, stopped } of result.questions) {
      const expected = counted(parts, qid);
      expect({ qid, seen, answered, stopped }).toEqual({
        qid,
        seen: expected.seen,
        answered: expected.answered,
        stopped: expected.stopped,
      });
    }
    expect(result.questions.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(500);
  });

  it("counts how often each option was chosen and something was written beside", async () => {
    const { key, parts } = chosen();
    for (const { qid, options, written } of (await ask(key)).questions) {
      const expected = counted(parts, qid);
      if (qid !== 2 && qid !== 3) expect([options, written]).toEqual([null, null]);
      else {
        if (written !== null) expect(written).toBe(expected.written);
        expect(options!.reduce((sum, { count }) => sum + count, 0)).toBe(expected.texts.length);
        for (const { text } of options!) {
          const alike = options!.filter((option) => option.text === text);
          expect(alike.reduce((sum, { count }) => sum + count, 0)).toBe(times(expected.texts, text));
        }
      }
    }
  });

  it("tells minimum, maximum, mean, median and a histogram of numbers", async () => {
    const { key, parts } = chosen();
    for (const { qid, type, numbers } of (await ask(key)).questions) {
      if (!["int", "float", "range"].includes(type)) {
        expect(numbers).toBe(null);
        continue;
      }
      const sorted = counted(parts, qid).numbers.sort((one, other) => one - other);
      const middle = sorted.length / 2;
      const { minimum, maximum, mean, median, histogram } = numbers!;
      expect([minimum, maximum]).toEqual([sorted[0], sorted.at(-1)]);
      expect(mean).toBeCloseTo(sorted.reduce((sum, number) => sum + number, 0) / sorted.length, 6);
      expect(median).toBeCloseTo((sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2, 9);
      expect(histogram.length).toBeLessThanOrEqual(20);
      expect(histogram[0]!.from).toBe(minimum);
      for (const [index, { from, to, count }] of histogram.entries()) {
        const isLast = index === histogram.length - 1;
        if (!isLast) expect(to).toBe(histogram[index + 1]!.from);
        expect(count).toBe(
          sorted.filter((number) => from <= number && (number < to || (isLast && number === to))).length,
        );
      }
      expect(histogram.reduce((sum, { count }) => sum + count, 0)).toBe(sorted.length);
    }
  });

  it("counts dates by month, whatever notation they were typed in", async () => {
    const { key, parts } = chosen();
    for (const { qid, type, months } of (await ask(key)).questions) {
      const expected = counted(parts, qid).months;
      if (type !== "date" && type !== "datetime") expect(months).toBe(null);
      else
        expect(months).toEqual(
          [...new Set(expected)].sort().map((month) => ({ month, count: times(expected, month) })),
        );
    }
  });
});

it("is all zeros and nulls for a schema without surveys", async () => {
  const { db, schemas } = server.colloquy;
  await stored(db, schemas.load, { ...FIRST, name: "untouched" });
  const { surveys, completed, questions } = await ask("untouched");
  expect({ surveys, completed }).toEqual({ surveys: 0, completed: 0 });
  for (const { seen, answered, stopped, numbers, months } of questions)
    expect([seen, answered, stopped, numbers, months]).toEqual([0, 0, 0, null, null]);
});

it("takes the greatest numbers that there are", async () => {
  const { db, schemas } = server.colloquy;
  const schema = await stored(db, schemas.load, { ...FIRST, name: "extreme" });
  const texts = ["1.7976931348623157e308", "1.7e308", "-1.7e308", "5e-324"];
  await fill(
    db,
    schema,
    texts.map((text) => ({ answers: { 5: { text } } })),
  );
  const { numbers } = (await ask("extreme")).questions.find(({ qid }) => qid === 5)!;
  expect([numbers!.minimum, numbers!.maximum]).toEqual([-1.7e308, Number.MAX_VALUE]);
  expect(numbers!.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(4);
});
