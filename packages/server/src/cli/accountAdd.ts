import { ApiError, type UserIdKind } from "@colloquy/protocol";
import { ID_WORDS, readUserId } from "../policies/userIds.ts";
import { defineCommand } from "./command.ts";
import { Refusal, UsageError } from "./failures.ts";
import { say } from "./say.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

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
    ...TARGET_OPTIONS,
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
    const { id } = await withTarget(where, ({ ids, accounts }) =>
      accounts.add({ ...account, ...idOf(ids, wanted) }).catch((error) => {
        throw error instanceof ApiError && error.status === 404 ? new Refusal(NOT_OURS) : error;
      }),
    );
    say(String(id));
    return 0;
  },
});

const NOT_OURS = "There is no place for accounts: the people are those of findAccounts in the settings";

function idOf(ids: UserIdKind, wanted: string | undefined): { id?: string } {
  if (ids === "integer") {
    if (wanted === undefined) return {};
    throw new UsageError("--id is not allowed: ids are assigned, since accounts.ids is integer");
  }
  const id = wanted === undefined ? null : readUserId(ids, wanted);
  if (id === null) throw new UsageError(`--id is required: ids are ${ID_WORDS[ids]}`);
  return { id: String(id) };
}
