import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { check } from "../checker/check.ts";
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
