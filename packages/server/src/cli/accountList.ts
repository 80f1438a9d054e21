import type { AccountRow } from "../people/queries.ts";
import { allOf } from "./allOf.ts";
import { defineCommand } from "./command.ts";
import { say } from "./say.ts";
import { tableOf } from "./table.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const accountList = defineCommand({
  options: { ...TARGET_OPTIONS, json: { description: "print JSON, for programs" } },
  async run({ json = false, ...where }) {
    const found = await withTarget(where, ({ accounts }) => allOf((page) => accounts.list(page)));
    if (json) say(JSON.stringify(found, null, 2));
    else if (found.length === 0) say("There are no accounts: `colloquy account add` adds one");
    else say(tableOf(["ID", "NAME", "SUPERUSER", "LANGUAGE", "TIME ZONE"], found.map(toRow)));
    return 0;
  },
});

function toRow({ id, first_name, last_name, is_superuser, language, time_zone }: AccountRow): string[] {
  const name = `${first_name} ${last_name}`.trim();
  return [String(id), name, is_superuser ? "yes" : "no", language ?? "", time_zone ?? ""];
}
