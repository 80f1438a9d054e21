import type { Json, Question } from "@colloquy/engine";
import type { Layout, QuestionColumns } from "./layout.ts";
import type { StoredItem, StoredSurvey } from "./queries.ts";

/** A date, with or without a time of day, in ISO 8601: a text, but in a workbook a date. */
export interface DateCell {
  iso: string;
}

/** Null is an empty one. */
export type Cell = string | number | boolean | DateCell | null;

type Fill = (cells: Cell[], item: StoredItem) => void;

/**
 * Makes the cells of a survey. An option is 1 or 0 where its question is answered, and empty where it is not or
 * where the survey's version did not offer it.
 */
export function rowOf(layout: Layout): (survey: StoredSurvey) => Cell[] {
  const versionOf = new Map(layout.versions.map(({ id, version }) => [id, version]));
  const fills = new Map(
    layout.questions.flatMap((columns) =>
      columns.versions.map(({ question }) => [question.id, filling(question, columns)]),
    ),
  );
  return ({ id, user_id, schema_id, completed, created, updated, variables, items }) => {
    const times = [{ iso: created }, { iso: updated }];
    const base = [id, user_id, versionOf.get(schema_id) ?? null, completed, ...times];
    const cells: Cell[] = new Array(layout.columns.length).fill(null);
    for (const [index, cell] of base.entries()) cells[index] = cell;
    for (const { name, column } of layout.variables) cells[column] = toCell(variables[name]);
    for (const item of items) fills.get(item[0])?.(cells, item);
    return cells;
  };
}

function filling(question: Question, { value, written, options }: QuestionColumns): Fill {
  switch (question.type) {
    case "choice": {
      const values = new Map(question.answers.map(({ id, value }) => [id, value]));
      return (cells, [, chosen, own]) => {
        cells[value!] = Array.isArray(chosen) ? (values.get(chosen[0]!) ?? null) : null;
        if (written !== null) cells[written] = own;
      };
    }
    case "multichoice": {
      const columns = new Map(
        question.answers.map(({ id }) => [id, options.find(({ ids }) => ids.includes(id))!.column!]),
      );
      return (cells, [, chosen, own]) => {
        for (const [id, column] of columns)
          cells[column] = Array.isArray(chosen) && chosen.includes(id) ? 1 : 0;
        if (written !== null) cells[written] = own;
      };
    }
    case "date":
    case "datetime":
      return (cells, [, given]) => {
        // An answer from before its question asked for a date is text as it was typed.
        cells[value!] = typeof given === "string" && ISO.test(given) ? { iso: given } : typed(given);
      };
    default:
      return (cells, [, given]) => {
        cells[value!] = typed(given);
      };
  }
}

const ISO = /^\d{4}-\d\d-\d\d(T|$)/;

/** Options are no value here: they are of a time when their question was a choice. */
function typed(value: StoredItem[1]): Cell {
  return Array.isArray(value) ? null : value;
}

function toCell(value: Json | undefined): Cell {
  if (value === undefined) return null;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
