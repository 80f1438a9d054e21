import type { Question, Schema } from "@colloquy/engine";
import type { SurveyAggregate } from "@colloquy/protocol";
import type { Queryable } from "../../database/database.ts";
import { groupName } from "../export/codebook.ts";
import { type Layout, layoutOf, newest, type QuestionColumns } from "../export/layout.ts";
import { edgesOf } from "./histogram.ts";
import {
  answeredByQuestion,
  bins,
  chosenByOption,
  months,
  seenByQid,
  stoppedAt,
  summaries,
  totals,
} from "./queries.ts";

/**
 * What the answers amount to, question by question as an export has its columns; off-path answers count for
 * nothing. Each count is a statement of its own, so under new answers two may differ by these.
 */
export async function aggregate(db: Queryable, versions: readonly Schema[]): Promise<SurveyAggregate> {
  const layout = layoutOf(versions);
  const ids = versions.map(({ id }) => id);
  const questions = questionIds(layout, () => true);
  const { surveys, completed } = await totals(db, ids);
  const seen = byKey(await seenByQid(db, ids), ({ qid }) => qid);
  const answered = byKey(await answeredByQuestion(db, questions), ({ question }) => question);
  const options = byKey(await chosenByOption(db, questionIds(layout, isChoice)), ({ option }) => option);
  const numbers = await numbersByQid(db, layout);
  const dates = Map.groupBy(await months(db, askedIn(layout, isDate)), ({ qid }) => qid);
  const stopped = await stoppedByQid(db, versions);

  return {
    schema: versions.at(-1)!.name,
    versions: versions.map(({ id, version }) => ({ id, version })),
    surveys,
    completed,
    stopped_before_first: stopped.get(null) ?? 0,
    questions: layout.questions.map((columns) => {
      const { schema, question } = newest(columns);
      const rows = columns.versions.map(({ question }) => answered.get(question.id));
      return {
        qid: columns.qid,
        type: question.type,
        text: question.text,
        group: groupName(schema, question),
        versions: columns.versions.map(({ schema }) => schema.version),
        seen: seen.get(columns.qid)?.count ?? 0,
        answered: sum(rows.map((row) => row?.count)),
        stopped: stopped.get(columns.qid) ?? 0,
        options: columns.versions.some(({ question }) => isChoice(question))
          ? columns.options.map(({ value, text, ids }) => ({
              value,
              text,
              count: sum(ids.map((id) => options.get(id)?.count)),
            }))
          : null,
        written: columns.written === null ? null : sum(rows.map((row) => row?.written)),
        numbers: numbers.get(columns.qid) ?? null,
        months: dates.get(columns.qid)?.map(({ month, count }) => ({ month, count })) ?? null,
      };
    }),
  };
}

async function numbersByQid(db: Queryable, layout: Layout) {
  const asked = askedIn(layout, isNumber);
  const found = (await summaries(db, asked)).map((summary) => ({ ...summary, edges: edgesOf(summary) }));
  const counted = new Map(
    (await bins(db, asked, found)).map(({ qid, bin, count }) => [`${qid}.${bin}`, count]),
  );
  return new Map(
    found.map(({ qid, minimum, maximum, mean, median, edges }) => [
      qid,
      {
        minimum,
        maximum,
        mean,
        median,
        histogram: edges.slice(0, -1).map((from, bin) => ({
          from,
          to: edges[bin + 1]!,
          count: counted.get(`${qid}.${bin}`) ?? 0,
        })),
      },
    ]),
  );
}

async function stoppedByQid(db: Queryable, versions: readonly Schema[]): Promise<Map<number | null, number>> {
  const qids = new Map(
    versions.flatMap(({ id, questions }) => questions.map(({ position, qid }) => [`${id}.${position}`, qid])),
  );
  const stopped = new Map<number | null, number>();
  for (const { schema, last, count } of await stoppedAt(
    db,
    versions.map(({ id }) => id),
  )) {
    const qid = last === null ? null : (qids.get(`${schema}.${last}`) ?? null);
    stopped.set(qid, (stopped.get(qid) ?? 0) + count);
  }
  return stopped;
}

type Kind = (question: Question) => boolean;
const isChoice: Kind = ({ type }) => type === "choice" || type === "multichoice";
const isNumber: Kind = ({ type }) => type === "int" || type === "float" || type === "range";
const isDate: Kind = ({ type }) => type === "date" || type === "datetime";

function askedIn({ questions }: Layout, kind: Kind) {
  return questions.flatMap(({ qid, versions }: QuestionColumns) =>
    versions.filter(({ question }) => kind(question)).map(({ question }) => ({ qid, question: question.id })),
  );
}

function questionIds(layout: Layout, kind: Kind): number[] {
  return askedIn(layout, kind).map(({ question }) => question);
}

function byKey<Row>(rows: readonly Row[], key: (row: Row) => number): Map<number, Row> {
  return new Map(rows.map((row) => [key(row), row]));
}

function sum(counts: readonly (number | undefined)[]): number {
  return counts.reduce((total: number, count) => total + (count ?? 0), 0);
}
