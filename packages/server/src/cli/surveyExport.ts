import { FORMATS, isFormat } from "../surveys/export/formats.ts";
import type { SchemaKey } from "../surveys/export/open.ts";
import { type CsvForm, PLAIN_CSV } from "../surveys/export/textFormats.ts";
import { SEPARATORS, separatorOf } from "../surveys/export/wanted.ts";
import { defineCommand } from "./command.ts";
import { UsageError } from "./failures.ts";
import { openProgress } from "./progress.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";
import { writeExport } from "./writeExport.ts";

export const surveyExport = defineCommand({
  options: {
    name: { value: "NAME", description: "name of a schema, in all its versions" },
    id: { value: "ID", description: "id of one version of a schema" },
    format: {
      value: "FORMAT",
      description: "csv (default), json, xlsx, or codebook (what the columns mean)",
    },
    output: { value: "FILE", description: "file to write; the standard output by default" },
    separator: { value: "SEPARATOR", description: "between the columns of csv: , (default), ; or tab" },
    bom: { description: "begin csv with a byte order mark, by which Excel recognizes UTF-8" },
    inactive: { description: "include answers that are off the path" },
    resume: { description: "complete a FILE that was cut off, or add newer surveys to it" },
    progress: { description: "show progress even if the standard error is not a terminal" },
    ...TARGET_OPTIONS,
  },
  details: `Either --name or --id is required.
--resume keeps the complete rows of a csv or json file and adds the surveys after them; a workbook (xlsx) and the
codebook are written anew.`,
  async run({
    name,
    id,
    format = "csv",
    separator,
    bom = false,
    output,
    inactive = false,
    resume = false,
    progress = false,
    ...where
  }) {
    const schema = keyOf({ name, id });
    if (!isFormat(format))
      throw new UsageError(`--format is one of ${Object.keys(FORMATS).join(", ")}, not ${format}`);
    const csv = { separator: readSeparator(separator), bom };
    if (format !== "csv" && (separator !== undefined || bom))
      throw new UsageError("--separator and --bom are for csv only");
    if (resume && output === undefined) throw new UsageError("--resume needs --output, the file to complete");
    const wanted = { schema, format, csv, inactive, completed: null };
    const { tell, end } = openProgress(progress);
    await withTarget(where, ({ exportSurveys }) =>
      writeExport(exportSurveys, { wanted, output: output ?? null, resume, tell }),
    );
    end();
    return 0;
  },
});

function keyOf({ name, id }: { name?: string | undefined; id?: string | undefined }): SchemaKey {
  if ((name === undefined) === (id === undefined)) throw new UsageError("Give either --name or --id");
  if (name !== undefined) return { name };
  if (!/^\d+$/.test(id!)) throw new UsageError(`--id is a number, not ${id}`);
  return { id: Number(id) };
}

function readSeparator(text: string | undefined): CsvForm["separator"] {
  if (text === undefined) return PLAIN_CSV.separator;
  const separator = separatorOf(text);
  if (separator === null)
    throw new UsageError(`--separator is one of ${Object.keys(SEPARATORS).join(" ")}, not ${text}`);
  return separator;
}
