import { createInterface } from "node:readline";
import {
  type AnswerErrors,
  answer,
  compileSchema,
  type Question,
  type Schema,
  type Step,
  start,
} from "@colloquy/engine";
import { defineCommand } from "./command.ts";
import { readSchema } from "./document.ts";
import { Refusal } from "./failures.ts";
import { say } from "./say.ts";
import { isId, storedSchema } from "./storedSchema.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const schemaSimulate = defineCommand({
  options: TARGET_OPTIONS,
  details: `Each line of input answers the current question. Choose an option by its number or its text, and several
by numbers separated by commas; for an open choice, your own words follow a colon (2: my words).
Digits are the id of a stored schema. Exits with 1 if the input ends before the schema does.`,
  async run(where, [key]) {
    if (!isId(key!)) return play(await readSchema(key!));
    return play(await withTarget(where, (target) => storedSchema(target, key!)));
  },
});

async function play(schema: Schema): Promise<number> {
  const compiled = compileSchema(schema);
  const input = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: process.stdin.isTTY,
    prompt: "> ",
  });
  const lines = input[Symbol.asyncIterator]();
  let isOpen = true;
  input.once("close", () => {
    isOpen = false;
  });
  let step = start(compiled, "scripted");
  tell(step);
  while (step.run.question !== null) {
    const current = compiled.byQid.get(step.run.question)!;
    say(...hints(current.question));
    // What has come before the input ended is still to be read.
    if (isOpen) input.prompt();
    const line = await lines.next();
    if (line.done) {
      // After the prompt.
      say("");
      throw new Refusal(`The input ended at question ${step.run.question}`);
    }
    const outcome = answer(compiled, "scripted", step.run, current, inputOf(current.question, line.value));
    if ("errors" in outcome) say(...Object.values(outcome.errors).flat().map(said));
    else {
      step = outcome;
      tell(step);
    }
  }
  input.close();
  return finish(step);
}

function tell({ events }: Step): void {
  for (const event of events) if (event.type === "shown") say("", event.question.text);
}

function finish({ run, events }: Step): number {
  const failed = events.find((event) => event.type === "failed");
  if (failed !== undefined)
    throw new Refusal(`The schema fails at question ${failed.failure.qid}: ${failed.failure.message}`);
  say("", "The end.");
  for (const [name, value] of Object.entries(run.variables)) say(`  ${name} = ${JSON.stringify(value)}`);
  return 0;
}

function hints({ type, answers, choice_open, range_from, range_to }: Question): string[] {
  if (type === "control") return ["  (Enter confirms)"];
  if (type === "range") return [`  (${range_from} to ${range_to})`];
  const options = answers.map((option, index) => `  ${index + 1}  ${option.text}`);
  if (options.length === 0) return type === "text" ? [] : [`  (${type})`];
  if (type === "multichoice") options.push("  (one or more, separated by commas)");
  if (choice_open) options.push("  (your own words after a colon, as in 1: my words)");
  return options;
}

/** What a line answers; options are numbers, or their texts. */
function inputOf({ answers, choice_open }: Question, line: string): { answers?: number[]; text?: string } {
  if (answers.length === 0) return { text: line };
  const whole = answers.find((option) => isSame(option.text, line));
  if (whole !== undefined) return { answers: [whole.id] };
  const [chosen, ...own] = choice_open ? line.split(":") : [line];
  const picked = chosen!.split(",").filter((part) => part.trim() !== "");
  const ids = picked.map((part) => {
    const byNumber = /^\s*\d+\s*$/.test(part) ? answers[Number(part) - 1] : undefined;
    return (byNumber ?? answers.find((option) => isSame(option.text, part)))?.id ?? NOBODYS;
  });
  return { answers: ids, text: own.join(":").trim() };
}

/** An id that no option has. */
const NOBODYS = -1;

function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

function said(code: NonNullable<AnswerErrors["text"]>[number]): string {
  return `  ${WORDS[code]} (${code})`;
}

const WORDS: Record<NonNullable<AnswerErrors["text"]>[number], string> = {
  REQUIRED: "This question needs an answer",
  TOO_MANY: "Choose only one",
  EXCLUSIVE: "One of these excludes all others",
  WRONG_VALUE: "That is not one of the possible answers",
  WRONG_STATE: "This question takes no such answer",
  TOO_LONG: "That is too long",
};
