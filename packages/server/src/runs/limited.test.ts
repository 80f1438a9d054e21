import { compileSchema, identify } from "@colloquy/engine";
import { expect, test } from "vitest";
import { checkSettings } from "../checkSettings.ts";
import { limited } from "./limited.ts";

const schema = identify({
  format: "colloquy.schema/1",
  name: "a",
  type: "chat",
  questions: [{ qid: 1, type: "text", next_qid: -1, variable_modifications: [["x", "1"]] }],
});
const settings = checkSettings({
  types: { chat: ["chat", "few", "none"] },
  threadTypes: { few: { variables: ["x"] }, none: { variables: [] } },
});

test("a schema is limited once for each thread type, and not at all where none is limited", () => {
  const compiled = compileSchema(schema);
  const few = limited(settings, "few", compiled);
  expect(limited(settings, "few", compiled)).toBe(few);
  const none = limited(settings, "none", compiled);
  expect([few, none].map(({ first }) => first!.modify.length)).toEqual([1, 0]);
  for (const type of ["chat", "unheard of", "constructor"])
    expect(limited(settings, type, compiled)).toBe(compiled);
});

test("a new version of a schema is limited anew", () => {
  const [before, after] = [compileSchema(schema), compileSchema(schema)];
  expect(limited(settings, "few", after)).not.toBe(limited(settings, "few", before));
});
