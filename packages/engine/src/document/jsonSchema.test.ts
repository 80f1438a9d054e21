import { globSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";

const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const validate = new Ajv2020({ strict: true }).compile(read("packages/engine/schema.json"));

test.each(globSync("examples/schemas/{,types/}*.json"))("%s is a document by its JSON Schema", (file) => {
  validate(read(file));
  expect(validate.errors).toBe(null);
});

test.each([
  ["a modification of one part", { variable_modifications: [["n"]] }],
  ["a modification of three", { variable_modifications: [["n", "1", "2"]] }],
  ["a rule without a target", { forking_rules: [["n > 1"]] }],
  ["a field that is none", { nextQid: 2 }],
])("%s is not", (_what, wrong) => {
  const document = read("examples/schemas/phq-9.json");
  Object.assign(document.questions[0], wrong);
  expect(validate(document)).toBe(false);
});
