import type { OptionValue, Question, Schema } from "@colloquy/engine";

/**
 * The columns of an export, across the versions of a schema by `qid`. Their names are unique, and stay as they
 * are when versions are added:
 *
 * - `id`, `user`, `schema_version`, `completed`, `created`, `updated`;
 * - `variables.score` for each variable that a modification assigns, in the order of the alphabet;
 * - `q9`: the canonical value of question 9; of a choice the `value` of the option chosen;
 * - `q9 (written)`: what was written beside its options, where they are open;
 * - `q9: Headache` for each option of a multichoice, by its `value`: 1 or 0. Options of different versions are
 *   the same where their values are, whatever their wording: it is the wording that the option had first, unless
 *   its author gave it another value. The codebook has every wording.
 *
 * Questions come in the order of `position` in the newest version that has them. Message, fork and control take
 * no answer and have no column.
 */
export interface Layout {
  /** Oldest first. */
  versions: readonly Schema[];
  columns: readonly string[];
  variables: readonly { name: string; column: number }[];
  questions: readonly QuestionColumns[];
}

/** One question in all versions that have it; numbers are indexes of columns. */
export interface QuestionColumns {
  qid: number;
  /** Oldest first. */
  versions: readonly { schema: Schema; question: Question }[];
  /** Null for what is a multichoice in every version. */
  value: number | null;
  written: number | null;
  options: readonly OptionColumn[];
}

export interface OptionColumn {
  value: OptionValue;
  /** Its newest wording. */
  text: string;
  /** Ids of the option, one per version that has it. */
  ids: readonly number[];
  /** Only options of a multichoice have one. */
  column: number | null;
}

export const BASE_COLUMNS = ["id", "user", "schema_version", "completed", "created", "updated"] as const;

const TIMES = ["created", "updated"];
const UNANSWERED = ["message", "fork", "control"];

/** @param versions of one name, oldest first */
export function layoutOf(versions: readonly Schema[]): Layout {
  const columns: string[] = [...BASE_COLUMNS];
  const taken = new Set(columns);
  const add = (name: string) => {
    let unique = name;
    for (let number = 2; taken.has(unique); number++) unique = `${name} (${number})`;
    taken.add(unique);
    return columns.push(unique) - 1;
  };
  const variables = variablesOf(versions).map((name) => ({ name, column: add(`variables.${name}`) }));
  const questions = questionsOf(versions).map(({ qid, versions: having }) => {
    const types = having.map(({ question }) => question.type);
    const value = types.some((type) => type !== "multichoice") ? add(`q${qid}`) : null;
    const asked = optionsOf(having);
    const options = asked.map(({ value, text, ids, separate }) => ({
      value,
      text,
      ids,
      column: separate ? add(`q${qid}: ${value}`) : null,
    }));
    const written = having.some(({ question }) => question.choice_open) ? add(`q${qid} (written)`) : null;
    return { qid, versions: having, value, written, options };
  });
  return { versions, columns, variables, questions };
}

/** Which columns have dates, by index. */
export function dateColumns({ columns, questions }: Layout): number[] {
  const asked = questions.flatMap((question) => {
    const isDate = ["date", "datetime"].includes(newest(question).question.type);
    return isDate && question.value !== null ? [question.value] : [];
  });
  return [...TIMES.map((name) => columns.indexOf(name)), ...asked].filter((index) => index >= 0);
}

/** A question as it counts where its versions differ. */
export function newest({ versions }: QuestionColumns): { schema: Schema; question: Question } {
  return versions.at(-1)!;
}

function variablesOf(versions: readonly Schema[]): string[] {
  const modifications = versions.flatMap(({ questions }) =>
    questions.flatMap((question) => [
      ...question.variable_modifications,
      ...question.answers.flatMap((answer) => answer.variable_modifications),
    ]),
  );
  return [...new Set(modifications.map(([name]) => name))].sort();
}

function questionsOf(versions: readonly Schema[]) {
  const byQid = new Map<number, { schema: Schema; question: Question }[]>();
  for (const schema of versions)
    for (const question of schema.questions) {
      if (UNANSWERED.includes(question.type)) continue;
      byQid.set(question.qid, [...(byQid.get(question.qid) ?? []), { schema, question }]);
    }
  return [...byQid]
    .map(([qid, having]) => ({ qid, versions: having, position: having.at(-1)!.question.position }))
    .sort((one, other) => one.position - other.position || one.qid - other.qid);
}

/** Options by value, in the order of the newest version, those of earlier ones after them. */
function optionsOf(having: QuestionColumns["versions"]) {
  const options = new Map<OptionValue, { text: string; ids: number[]; separate: boolean }>();
  for (const { question } of having.toReversed())
    for (const { id, value, text } of question.answers) {
      const option = options.get(value) ?? { text, ids: [], separate: false };
      option.ids.push(id);
      option.separate ||= question.type === "multichoice";
      options.set(value, option);
    }
  return [...options].map(([value, option]) => ({ value, ...option }));
}
