import type { SchemaDocument } from "../../packages/engine/src/index.ts";

const OPTIONS = ["Not at all", "Several days", "More than half the days", "Nearly every day"];

type Questions = SchemaDocument["questions"];

function scored(qid: number, next: number): Questions[number] {
  return {
    qid,
    type: "choice",
    text: `Over the last 2 weeks, how often have you been bothered by problem ${qid}?`,
    answers: OPTIONS.map((text, points) => ({
      text,
      next_qid: next,
      variable_modifications: [["score", `score + ${points}`]],
    })),
  };
}

/** Scored questions asked over and over; only the last option of the last one leads out. */
export function loopingSchema(length: number): SchemaDocument {
  const questions = Array.from({ length }, (_, index) => scored(index + 1, ((index + 1) % length) + 1));
  questions[0]!.variable_modifications = [["score", "0"]];
  questions.at(-1)!.answers!.at(-1)!.next_qid = -1;
  return document("Looping", questions);
}

/** Scored questions, every tenth time with a band told by a fork: a long form without a loop. */
export function longForm(length: number): SchemaDocument {
  return banded("Long form", length, (qid) => `score >= ${qid}`);
}

/** The same with conditions that take some working out. */
export function longSchema(length: number): SchemaDocument {
  return banded("Long", length, () => "score >= 15 and len(str(round(score / 7, 2))) > 1");
}

function banded(name: string, length: number, condition: (qid: number) => string): SchemaDocument {
  const questions = Array.from({ length }, (_, index): Questions[number] => {
    const qid = index + 1;
    const next = qid === length ? -1 : qid + 1;
    if (qid % 10 === 8)
      return {
        qid,
        type: "fork",
        forking_rules: [
          [next, condition(qid)],
          [next + 1, "1"],
        ],
      };
    if (qid % 10 === 9)
      return { qid, type: "message", text: `That is a high score so far, at ${qid}.`, next_qid: next };
    return scored(qid, next);
  });
  return document(name, questions);
}

function document(name: string, questions: Questions): SchemaDocument {
  return { format: "colloquy.schema/1", name, type: "automated_flow", questions };
}
