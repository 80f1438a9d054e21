import type { Question, Schema } from "@colloquy/engine";
import { type Layout, newest, type OptionColumn, type QuestionColumns } from "./layout.ts";

/** What the columns of an export mean: JSON for whoever evaluates them. */
export function codebook({ versions, columns, variables, questions }: Layout) {
  const { name } = versions.at(-1)!;
  return {
    schema: name,
    versions: versions.map(({ id, version, published, deprecated }) => ({
      id,
      version,
      published,
      deprecated,
    })),
    columns,
    variables: variables.map(({ name, column }) => ({
      name,
      column: columns[column],
      versions: versions.filter((schema) => assigns(schema, name)).map(({ version }) => version),
    })),
    questions: questions.map((question) => describe(question, columns)),
  };
}

/** As in the newest version; `earlier` has what was different before. */
function describe(columns: QuestionColumns, names: readonly string[]) {
  const { qid, versions, value, written, options } = columns;
  const now = facts(newest(columns));
  const earlier = versions.slice(0, -1).flatMap(({ schema, question }) => {
    const different = Object.entries(facts({ schema, question })).filter(
      ([field, value]) => value !== now[field as keyof typeof now],
    );
    return different.length > 0 ? [{ version: schema.version, ...Object.fromEntries(different) }] : [];
  });
  const all = [value, ...options.map(({ column }) => column), written];
  return {
    qid,
    ...now,
    options: options.map((option) => describeOption(option, versions, names)),
    versions: versions.map(({ schema }) => schema.version),
    columns: all.filter((column) => column !== null).map((column) => names[column]),
    earlier,
  };
}

/** By its value, with the newest wording; `earlier` has what other wordings it had in which version. */
function describeOption(
  { value, text, ids, column }: OptionColumn,
  versions: QuestionColumns["versions"],
  names: readonly string[],
) {
  const wordings = versions.flatMap(({ schema, question }) =>
    question.answers
      .filter(({ id }) => ids.includes(id))
      .map((option) => ({ version: schema.version, text: option.text })),
  );
  return {
    value,
    text,
    versions: wordings.map(({ version }) => version),
    column: column === null ? null : names[column],
    earlier: wordings.filter((wording) => wording.text !== text),
  };
}

function facts({ schema, question }: { schema: Schema; question: Question }) {
  const { type, text, required, choice_open, range_from, range_to } = question;
  const group = groupName(schema, question);
  return { type, text, group, required, choice_open, range_from, range_to };
}

export function groupName(schema: Schema, { group }: Question): string | null {
  return schema.groups.find(({ id }) => id === group)?.name ?? null;
}

function assigns({ questions }: Schema, variable: string): boolean {
  return questions.some(({ variable_modifications, answers }) =>
    [variable_modifications, ...answers.map((answer) => answer.variable_modifications)].some((pairs) =>
      pairs.some(([name]) => name === variable),
    ),
  );
}
