import { FORMATS, isFormat } from "../surveys/export/formats.ts";
import { defineCommand } from "./command.ts";
import { DATABASE_OPTION } from "./configuration.ts";
import { UsageError } from "./failures.ts";
import { openProgress } from "./progress.ts";
import { withColloquy } from "./withColloquy.ts";
import { writeExport } from "./writeExport.ts";

export const surveyExport = defineCommand({
  name: "survey export",
  summary: "Write the answers to a schema's surveys, one row each",
  takes: "ID|NAME",
  options: {
    ...DATABASE_OPTION,
    format: { value: "FORMAT", description: "csv (default), json, xlsx, or codebook: what the columns mean" },
    output: { value: "FILE", description: "where to; by default to the standard output" },
    inactive: { description: "off-path answers too" },
    resume: { description: "go on with a FILE that was cut off, or bring it up to date" },
    progress: { description: "say how far it is, also where nobody watches" },
  },
  details: `A name stands for all versions of the schema, digits for the id of one.
--resume keeps the whole rows of a csv or json file and adds the surveys after them. A workbook and the codebook
can only be made from the start, and are made anew.`,
  async run(
    { format = "csv", output, inactive = false, resume = false, progress = false, ...values },
    [key],
  ) {
    if (!isFormat(format))
      throw new UsageError(`--format is one of ${Object.keys(FORMATS).join(", ")}, not ${format}`);
    if (resume && output === undefined) throw new UsageError("--resume needs the --output to go on with");
    const told = openProgress(progress);
    const wanted = { schema: key!, format, inactive, completed: null };
    await withColloquy(values, ({ db }) =>
      writeExport(db, { wanted, output: output ?? null, resume, onPage: told.add }),
    );
    told.end();
    return 0;
  },
});
