import type { SchemaSummary } from "@colloquy/protocol";
import { allOf } from "./allOf.ts";
import { defineCommand } from "./command.ts";
import { say } from "./say.ts";
import { tableOf } from "./table.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const schemaList = defineCommand({
  options: { ...TARGET_OPTIONS, json: { description: "print JSON, for programs" } },
  async run({ json = false, ...where }) {
    const found = await withTarget(where, ({ schemas }) =>
      allOf((page) => schemas.list({ ...page, ordering: "id" })),
    );
    if (json) say(JSON.stringify(found, null, 2));
    else if (found.length === 0) say("There are no schemas");
    else say(tableOf(["ID", "NAME", "VERSION", "TYPE", "STATE"], found.toSorted(byName).map(toRow)));
    return 0;
  },
});

function byName(one: SchemaSummary, other: SchemaSummary): number {
  return one.name.localeCompare(other.name, "en") || one.version - other.version;
}

function toRow({ id, name, version, type, published, deprecated }: SchemaSummary): string[] {
  const state = deprecated ? "deprecated" : published ? "published" : "unpublished";
  return [String(id), name, String(version), type, state];
}
