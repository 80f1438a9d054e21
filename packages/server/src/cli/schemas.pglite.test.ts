import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { colloquy, colloquyHere } from "../../../../tests/support/commandLine.ts";

const cwd = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
afterAll(() => rm(cwd, { recursive: true }));
const LONG = 180_000;

const example = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/schemas/${name}.json`, import.meta.url));
const run = (args: string[]) => colloquyHere(["schema", ...args], { cwd });
/** As a process of its own: one of each command, and where the input is that of a process. */
const runAlone = (args: string[], input = "") => colloquy(["schema", ...args], { cwd, input });

async function written(name: string, document: unknown): Promise<string> {
  await writeFile(join(cwd, name), JSON.stringify(document));
  return name;
}

/** Its first question leads to one that is not there. */
const BROKEN = {
  format: "colloquy.schema/1",
  name: "broken",
  type: "automated_flow",
  questions: [{ qid: 1, type: "text", text: "Name?", next_qid: 7 }],
};

it("checks a file: findings on lines of their own, and 1 where one is an error", async () => {
  const [fine, loop, broken] = await Promise.all([
    run(["check", example("phq-9")]),
    run(["check", example("telehealth-onboarding")]),
    runAlone(["check", await written("broken.json", BROKEN)]),
  ]);
  expect(fine).toEqual({ code: 0, out: "PHQ-9: No problems found\n", err: "" });
  expect(loop).toMatchObject({ code: 0, err: "" });
  expect(loop.out).toMatch(/\n {2}info: question 31: .*\(LOOP\)\n$/);
  expect(broken.code).toBe(1);
  expect(broken.out).toContain("  error: question 1: There is no question 7. (UNKNOWN_QID)");
});

it("says of a file that it is missing, no JSON, or no schema document and why", async () => {
  await writeFile(join(cwd, "cut.json"), "{");
  const [missing, cut, shape] = await Promise.all([
    run(["check", "missing.json"]),
    run(["simulate", "cut.json"]),
    run(["load", await written("shape.json", { ...BROKEN, questions: [{ qid: "one" }] })]),
  ]);
  expect(missing).toEqual({ code: 1, out: "", err: "Cannot read missing.json: there is no such file\n" });
  expect(cut.err).toMatch(/^cut\.json is not JSON: .*\n$/);
  expect(shape.code).toBe(1);
  expect(shape.err).toMatch(/^shape\.json is not a schema document:\n {2}questions\.0\.?\S*: .*/);
});

it("plays a schema from the input's lines, by numbers and by texts, saying what was wrong with an answer", async () => {
  const { code, out, err } = await runAlone(
    ["simulate", example("support-intake")],
    "9\nan order\nA-77\n3\n",
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("What is it about?\n  1  An order\n");
  expect(out).toContain("That is not one of the possible answers (WRONG_VALUE)");
  expect(out).toContain("What is your order number?");
  expect(out).toContain("Got it, we move you to the front of the queue.");
  expect(out).toMatch(/\nThe end\.\n$/);
});

it("plays every kind of question, and prints the variables at the end", async () => {
  const answers = [
    "",
    "Maria",
    "1980-02-30",
    "1980-02-03",
    "2: and German",
    "No",
    "4",
    "1,6",
    "2,3",
    "No",
    "2027-01-02 10:00",
    "1",
  ];
  const { code, out } = await runAlone(
    ["simulate", example("telehealth-onboarding")],
    `${answers.join("\n")}\n`,
  );
  expect(code).toBe(0);
  expect(out).toContain("  (0 to 10)");
  expect(out).toContain("One of these excludes all others (EXCLUSIVE)");
  expect(out).toContain("  symptoms = 2");
});

it("fails where the input ends before the schema does", async () => {
  for (const [input, question] of [
    ["", 2],
    ["1\n", 3],
    // Its last line came without an end.
    ["1", 3],
  ] as const) {
    const { code, err } = await runAlone(["simulate", example("support-intake")], input);
    expect({ input, code, err }).toEqual({
      input,
      code: 1,
      err: `The input ended at question ${question}\n`,
    });
  }
});

it("migrates, and says what that took", async () => {
  expect((await colloquy(["migrate"], { cwd })).out).toMatch(/^Applied 001_\w+/);
  expect(await colloquyHere(["migrate"], { cwd })).toEqual({
    code: 0,
    out: "The database is up to date\n",
    err: "",
  });
});

it(
  "loads, publishes, dumps and checks what is stored; nothing of it where one file is unfit",
  async () => {
    const unfit = await run(["load", example("gad-7"), await written("broken.json", BROKEN), "--publish"]);
    expect(unfit).toMatchObject({ code: 1, out: "" });
    expect(unfit.err).toMatch(/^broken\.json cannot be published:\n {2}error: question 1: .*\n/);

    const loaded = await runAlone(["load", example("phq-9"), example("gad-7"), "--publish"]);
    expect(loaded).toEqual({
      code: 0,
      out: "PHQ-9 version 1 has id 1 and is published\nGAD-7 version 1 has id 2 and is published\n",
      err: "",
    });
    const dumped = await runAlone(["dump", "PHQ-9"]);
    expect(JSON.parse(dumped.out).questions).toHaveLength(
      JSON.parse(await readFile(example("phq-9"), "utf8")).questions.length,
    );
    expect(await run(["check", "2"])).toMatchObject({ code: 0, out: "GAD-7: No problems found\n" });
    expect(await run(["dump", "nothing"])).toEqual({ code: 1, out: "", err: "There is no schema nothing\n" });

    const changed = { ...JSON.parse(dumped.out), language: "pl" };
    const refused = await run(["load", await written("changed.json", changed)]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/^changed\.json: .+\n$/);
  },
  LONG,
);
