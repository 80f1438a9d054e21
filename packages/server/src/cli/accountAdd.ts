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
      description: "who they are, where accounts.ids is string; required there, and refused else",
    },
    "first-name": { value: "NAME", description: "what they are called; required" },
    "last-name": { value: "NAME", description: "their family name" },
    superuser: { description: "may do everything that the API offers to authors and operators" },
    language: { value: "TAG", description: "the language they read, such as en or pt-BR" },
    "time-zone": { value: "ZONE", description: "where they live, such as Europe/Warsaw" },
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
  if (ids === "integer") throw new UsageError("--id is for accounts.ids string: here ids are given out");
  const id = wanted === undefined ? null : readUserId(ids, wanted);
  if (id === null) throw new UsageError(`--id is required, and one of ${ID_WORDS[ids]}`);
  const added = await addAccountAs(db, String(id), account);
  if (added === null) throw new Refusal(`There is an account with the id ${id}`);
  return added;
}
