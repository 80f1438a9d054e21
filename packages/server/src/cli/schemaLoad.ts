import { check } from "@colloquy/engine";
import { ApiError } from "@colloquy/protocol";
import { defineCommand } from "./command.ts";
import { readDocument, readSchema, toLine } from "./document.ts";
import { Refusal } from "./failures.ts";
import { say } from "./say.ts";
import { sentenceOf } from "./sentences.ts";
import type { Target } from "./target.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const schemaLoad = defineCommand({
  options: { ...TARGET_OPTIONS, publish: { description: "publish them, unless the checker finds errors" } },
  details: `A document without a version becomes the next version of its name; one with a version replaces
that version as long as it is not published. All files are read before the first is stored.`,
  async run({ publish = false, ...where }, files) {
    for (const file of files) await refuseUnfit(file, publish);
    await withTarget(where, async (target) => {
      for (const file of files) await store(target, file, publish);
    });
    return 0;
  },
});

async function refuseUnfit(file: string, publish: boolean): Promise<void> {
  const schema = await readSchema(file);
  const errors = publish ? check(schema).filter((finding) => finding.severity === "error") : [];
  if (errors.length > 0)
    throw new Refusal([`${file} cannot be published:`, ...errors.map(toLine)].join("\n"));
}

async function store({ schemas }: Target, file: string, publish: boolean): Promise<void> {
  const stored = await schemas.load(await readDocument(file), { publish }).catch((error) => {
    if (error instanceof ApiError) throw new Refusal(`${file}: ${sentenceOf(error)}`);
    throw error;
  });
  const { id, name, version, published } = stored;
  say(`${name} version ${version} has id ${id}${published ? " and is published" : ""}`);
}
