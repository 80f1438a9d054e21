import { type FieldErrors, invalid, readBoolean, texts } from "@colloquy/protocol";
import type { Query } from "../../http/index.ts";
import { isFormat } from "./formats.ts";
import type { SchemaKey, Wanted } from "./open.ts";
import { type CsvForm, PLAIN_CSV } from "./textFormats.ts";

/** What parts the cells of a line, by how it is asked for. */
export const SEPARATORS: Readonly<Record<string, CsvForm["separator"]>> = { ",": ",", ";": ";", tab: "\t" };

/** A tab may also be given as it is. @returns null for what no CSV file is separated by */
export function separatorOf(text: string): CsvForm["separator"] | null {
  const name = text === "\t" ? "tab" : text;
  return Object.hasOwn(SEPARATORS, name) ? SEPARATORS[name]! : null;
}

/** Their names. */
export const WANTED_NAMES = ["name", "id", "format", "inactive", "completed", "after", "separator", "bom"];

/** The parameters of an export. @throws 400 with everything that is wrong with them */
export function readWanted(query: Query): Wanted {
  const { format = "csv", completed, after = "0" } = query;
  const problems: FieldErrors = {};
  const flag = (name: string, text: string) => {
    const value = readBoolean(text);
    if (value === undefined) problems[name] = [texts.boolean];
    return value ?? false;
  };
  const schema = keyOf(query, problems);
  if (!isFormat(format)) problems.format = [texts.invalidChoice(format)];
  if (!/^\d+$/.test(after) || !Number.isSafeInteger(Number(after))) problems.after = [texts.integer];
  const wanted = {
    inactive: flag("inactive", query.inactive ?? "false"),
    completed: completed === undefined ? null : flag("completed", completed),
    after: Number(after),
    csv: csvForm(query, flag, problems),
  };
  if (Object.keys(problems).length > 0 || !isFormat(format)) throw invalid(problems);
  return { ...wanted, schema, format };
}

function csvForm(
  { format = "csv", separator, bom }: Query,
  flag: (name: string, text: string) => boolean,
  problems: FieldErrors,
): CsvForm {
  const form = {
    separator: separator === undefined ? PLAIN_CSV.separator : separatorOf(separator),
    bom: bom === undefined ? PLAIN_CSV.bom : flag("bom", bom),
  };
  if (form.separator === null) problems.separator = [texts.invalidChoice(separator!)];
  for (const [name, value] of Object.entries({ separator, bom }))
    if (value !== undefined && format !== "csv") problems[name] = [texts.onlyForCsv];
  return { ...form, separator: form.separator ?? PLAIN_CSV.separator };
}

/** Which schema's answers are asked for. @throws 400 */
export function readKey(query: Query): SchemaKey {
  const problems: FieldErrors = {};
  const key = keyOf(query, problems);
  if (Object.keys(problems).length > 0) throw invalid(problems);
  return key;
}

/** A name may look like an id, so no parameter takes both. */
function keyOf({ id, name, schema }: Query, problems: FieldErrors): SchemaKey {
  if (schema !== undefined) problems.schema = [texts.eitherIdOrName];
  else if ((id === undefined) === (name === undefined)) problems.non_field_errors = [texts.eitherIdOrName];
  if (name === "") problems.name = [texts.blank];
  // One beyond all ids is of no schema.
  if (id !== undefined && !/^\d+$/.test(id)) problems.id = [texts.integer];
  return name === undefined ? { id: Number(id) } : { name };
}
