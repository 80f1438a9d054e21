import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { check } from "../checker/check.ts";
import { QUESTION_TYPES } from "./document.ts";
import { dump } from "./dump.ts";
import { load } from "./load.ts";
import { defineProblems } from "./problems.ts";

const EXAMPLES = new URL("../../../../examples/schemas/", import.meta.url);

test.each(readdirSync(EXAMPLES).filter((file) => file.endsWith(".json")))(
  "the example %s is sound, and survives its dump",
  (file) => {
    const raw = JSON.parse(readFileSync(new URL(file, EXAMPLES), "utf8"));
    const read = load(raw);
    if ("problems" in read) throw new Error(JSON.stringify(read.problems));
    const { schema } = read;
    expect(defineProblems(schema)).toEqual([]);
    expect(check(schema).filter((finding) => finding.severity === "error")).toEqual([]);
    expect(load(JSON.parse(JSON.stringify(dump(schema))))).toEqual({ schema });
  },
);

test("the health intake is 150 questions of every type, and the checker has nothing to say about it", () => {
  const read = load(JSON.parse(readFileSync(new URL("health-intake.json", EXAMPLES), "utf8")));
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  const { questions } = read.schema;
  expect(questions).toHaveLength(150);
  expect(new Set(questions.map(({ type }) => type))).toEqual(new Set(QUESTION_TYPES));
  const answered = questions.filter(({ type }) => !["message", "fork", "control"].includes(type));
  expect(answered.length).toBeGreaterThanOrEqual(125);
  expect(check(read.schema)).toEqual([]);
});
