import type { Queryable } from "../database/database.ts";
import { documentOf } from "../schemas/importDocument.ts";
import { loadSchema, newestVersion } from "../schemas/queries.ts";
import { defineCommand } from "./command.ts";
import { DATABASE_OPTION } from "./configuration.ts";
import { Refusal } from "./failures.ts";
import { say } from "./say.ts";
import { withColloquy } from "./withColloquy.ts";

export const schemaDump = defineCommand({
  options: DATABASE_OPTION,
  details: "A name means its newest version; digits are an id.",
  async run(values, [key]) {
    const schema = await withColloquy(values, ({ db }) => stored(db, key!));
    say(JSON.stringify(documentOf(schema), null, 2));
    return 0;
  },
});

/** @throws Refusal where there is none */
export async function stored(db: Queryable, key: string) {
  const id = /^\d+$/.test(key) ? Number(key) : (await newestVersion(db, key))?.id;
  const schema = id === undefined ? null : await loadSchema(db, id);
  if (schema === null) throw new Refusal(`There is no schema ${key}`);
  return schema;
}
