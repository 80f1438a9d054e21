import type { UserIdKind } from "@colloquy/protocol";
import type { Database } from "../database/database.ts";
import { addAccount, addAccountAs, type NewAccount } from "../people/queries.ts";
import { ID_WORDS, readUserId } from "../policies/userIds.ts";
import { defineCommand } from "./command.ts";
import { DATABASE_OPTION } from "./configuration.ts";
import { Refusal, UsageError } from "./failures.ts";
import { say } from "./say.ts";
import { withColloquy } from "./withColloquy.ts";

export const accountAdd = defineCommand({
  options: {
    id: {
      value: "ID",
      description: "their id: required if accounts.ids is string, not allowed otherwise",
    },
    "first-name": { value: "NAME", description: "first name; required" },
    "last-name": { value: "NAME", description: "last name" },
    superuser: { description: "may use all of the API, with what is under /admin" },
    language: { value: "TAG", description: "preferred language, such as en or pt-BR" },
    "time-zone": { value: "ZONE", description: "time zone, such as Europe/Warsaw" },
    ...DATABASE_OPTION,
  },
  details: "Prints the id of the account, which `colloquy token --user` takes.",
  async run({
    id: wanted,
    superuser,
    language,
    "first-name": first,
    "last-name": last,
    "time-zone": zone,
    ...where
  }) {
    if (first === undefined || first.trim() === "") throw new UsageError("--first-name is required");
    const account = {
      first_name: first,
      last_name: last,
      is_superuser: superuser,
      language,
      time_zone: zone,
    };
    const { id } = await withColloquy(where, ({ db, settings: { accounts } }) => {
      if (accounts.ids === "integer" && wanted === undefined) return addAccount(db, account);
      return addAs(db, accounts.ids, wanted, account);
    });
    say(String(id));
    return 0;
  },
});

async function addAs(db: Database, ids: UserIdKind, wanted: string | undefined, account: NewAccount) {
  if (ids === "integer")
    throw new UsageError("--id is not allowed: ids are assigned, since accounts.ids is integer");
  const id = wanted === undefined ? null : readUserId(ids, wanted);
  if (id === null) throw new UsageError(`--id is required: ids are ${ID_WORDS[ids]}`);
  const added = await addAccountAs(db, String(id), account);
  if (added === null) throw new Refusal(`There is an account with the id ${id}`);
  return added;
}
