import { Model } from "survey-core";
import { compileSchema, Form, load, type Schema, type SchemaDocument } from "../packages/engine/src/index.ts";
import { type Figure, median } from "./support/figure.ts";
import { longForm } from "./support/schemas.ts";

const LENGTH = 1_000;
/** The peer looks at the whole form after each answer: a longer one would take it minutes. */
const PEER_LENGTH = 150;
const ROUNDS = 15;
const CHANGES = 2_000;

type Questions = SchemaDocument["questions"];

/** What a form costs in the engine, without a server: alone, and against survey-core in the same process. */
export async function surveyForm(): Promise<Figure[]> {
  const long = compiled(longForm(LENGTH));
  const size = LENGTH.toLocaleString("en");
  return [
    {
      measurement: `form: state after an answer, in turn, of ${size}`,
      value: fillingInTurn(long),
      unit: "µs",
      goal: { most: 100 },
    },
    {
      measurement: `form: state after an answer anywhere, of ${size}`,
      value: changingAnywhere(long),
      unit: "µs",
      goal: { most: 100 },
    },
    againstPeer(),
  ];
}

/** Every question in turn, the state looked at after each; microseconds per answer. */
function fillingInTurn({ schema, compiled }: Compiled): number {
  return perAnswer(() => {
    const form = new Form(compiled);
    let answered = 0;
    for (const { id, answers } of schema.questions) {
      if (answers.length === 0) continue;
      form.answer(id, [answers[answered++ % answers.length]!.id]);
      look(form);
    }
    return answered;
  });
}

/** Other answers to questions all over a form that is filled in: scores change, and branches with them. */
function changingAnywhere({ schema, compiled }: Compiled): number {
  const asked = schema.questions.filter(({ answers }) => answers.length > 0);
  const form = new Form(
    compiled,
    asked.map(({ id, answers }) => ({ question: id, answers: [answers[0]!.id] })),
  );
  let change = 0;
  return perAnswer(() => {
    for (let n = 0; n < CHANGES; n++, change++) {
      const { id, answers } = asked[(change * 7_919) % asked.length]!;
      form.answer(id, [answers[(change * 31) % answers.length]!.id]);
      look(form);
    }
    return CHANGES;
  });
}

/**
 * The same branching form in both, filled in from start to end, by turns in one process: answers per second. Every
 * third question is a choice that opens one of the two after it, each option has points, and what follows the last
 * one depends on their sum. Ours gives the visible questions and whether all is complete after each answer; the peer
 * is only told the answer, which makes it work out what is visible.
 */
function againstPeer(): Figure {
  const ours = compiled(branching(PEER_LENGTH));
  const definition = peerDefinition(PEER_LENGTH);
  const rates: [number[], number[]] = [[], []];
  for (let round = -1; round < 5; round++) {
    const taken = [rate(() => fillOurs(ours)), rate(() => fillPeer(definition))];
    if (round >= 0) for (const side of [0, 1] as const) rates[side].push(taken[side]!);
  }
  const [value, against] = rates.map(median) as [number, number];
  return {
    measurement: `form of ${PEER_LENGTH}: answers against survey-core`,
    value,
    against,
    unit: "/s",
    goal: { least: 10 },
  };
}

function fillOurs({ schema, compiled }: Compiled): number {
  const form = new Form(compiled);
  let answered = 0;
  for (const question of schema.questions) {
    if (!form.isActive(question.id)) continue;
    const options = question.answers.map(({ id }) => id);
    form.answer(question.id, options.length === 0 ? [] : [options[answered % options.length]!]);
    look(form);
    answered += 1;
  }
  if (!form.state!.completed) throw new Error("Our form is not complete");
  return answered;
}

function fillPeer(definition: object): number {
  const model = new Model(definition);
  let answered = 0;
  for (const question of model.getAllQuestions(false)) {
    if (!question.isVisible) continue;
    const isChoice = question.getType() === "radiogroup";
    model.setValue(question.name, isChoice ? answered % 2 : `Answer ${answered}`);
    answered += 1;
  }
  if (model.getAllQuestions(true).some((question) => question.isEmpty()))
    throw new Error("The peer's form is not complete");
  return answered;
}

const isChoice = (n: number) => n % 3 === 1;

function branching(length: number): SchemaDocument {
  const questions = Array.from({ length }, (_, index): Questions[number] => {
    const qid = index + 1;
    const next = (step: number) => (qid + step > length ? length + 1 : qid + step);
    if (!isChoice(qid))
      return {
        qid,
        type: "text",
        text: `Say more (${qid})`,
        required: true,
        next_qid: next(qid % 3 === 2 ? 2 : 1),
      };
    const answers = [0, 1].map((points) => ({
      text: points === 0 ? "No" : "Yes",
      next_qid: next(1 + points),
      variable_modifications: [["score", `score + ${points}`] as [string, string]],
    }));
    return { qid, type: "choice", text: `Is it so (${qid})?`, required: true, answers };
  });
  questions.push(
    { qid: length + 1, type: "fork", forking_rules: [[length + 2, `score > ${length / 10}`]] },
    { qid: length + 2, type: "text", text: "That is a lot. Why?", required: true, next_qid: -1 },
  );
  return { format: "colloquy.schema/1", name: "Branching", type: "survey", questions };
}

function peerDefinition(length: number): object {
  const elements = Array.from({ length }, (_, index) => {
    const n = index + 1;
    const asked = n - ((n - 1) % 3);
    const before = asked - 3;
    const title = isChoice(n) ? `Is it so (${n})?` : `Say more (${n})`;
    const visibleIf = isChoice(n)
      ? before > 0 && `{q${before}} notempty`
      : `{q${asked}} = ${n % 3 === 2 ? 0 : 1}`;
    return {
      name: `q${n}`,
      title,
      isRequired: true,
      ...(isChoice(n)
        ? {
            type: "radiogroup",
            choices: [
              { value: 0, text: "No" },
              { value: 1, text: "Yes" },
            ],
          }
        : { type: "text" }),
      ...(visibleIf ? { visibleIf } : {}),
    };
  });
  const choices = elements.filter(({ type }) => type === "radiogroup").map(({ name }) => `{${name}}`);
  return {
    calculatedValues: [{ name: "score", expression: `sum(${choices.join(", ")})` }],
    elements: [
      ...elements,
      {
        name: "why",
        type: "text",
        title: "That is a lot. Why?",
        isRequired: true,
        visibleIf: `{score} > ${length / 10} and ${choices.at(-1)} notempty`,
      },
    ],
  };
}

interface Compiled {
  schema: Schema;
  compiled: ReturnType<typeof compileSchema>;
}

function compiled(document: SchemaDocument): Compiled {
  const loaded = load(document);
  if ("problems" in loaded) throw new Error(`The schema is none: ${JSON.stringify(loaded.problems)}`);
  return { schema: loaded.schema, compiled: compileSchema(loaded.schema) };
}

/** A form that nobody looks at need not say what is visible. */
function look(form: Form): void {
  if (form.state === null) throw new Error("The form has no state");
}

/** The median of rounds, in microseconds per answer. */
function perAnswer(work: () => number): number {
  for (let n = 0; n < 3; n++) work();
  const taken = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    const done = work();
    return ((performance.now() - from) * 1000) / done;
  });
  return median(taken);
}

/** Answers per second. */
function rate(work: () => number): number {
  const from = performance.now();
  let done = 0;
  while (performance.now() - from < 500) done += work();
  return done / ((performance.now() - from) / 1000);
}
