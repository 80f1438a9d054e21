import { addAccount } from "../people/queries.ts";
import { defineCommand } from "./command.ts";
import { DATABASE_OPTION } from "./configuration.ts";
import { UsageError } from "./failures.ts";
import { say } from "./say.ts";
import { withColloquy } from "./withColloquy.ts";

export const accountAdd = defineCommand({
  name: "account add",
  summary: "Add a person",
  options: {
    "first-name": { value: "NAME", description: "what they are called; required" },
    "last-name": { value: "NAME", description: "their family name" },
    superuser: { description: "may do everything that the API offers to authors and operators" },
    language: { value: "TAG", description: "the language they read, such as en or pt-BR" },
    "time-zone": { value: "ZONE", description: "where they live, such as Europe/Warsaw" },
    ...DATABASE_OPTION,
  },
  details: "Prints the id of the account, which `colloquy token --user` takes.",
  async run({ superuser, language, "first-name": first, "last-name": last, "time-zone": zone, ...where }) {
    if (first === undefined || first.trim() === "") throw new UsageError("--first-name is required");
    const account = {
      first_name: first,
      last_name: last,
      is_superuser: superuser,
      language,
      time_zone: zone,
    };
    const { id } = await withColloquy(where, ({ db }) => addAccount(db, account));
    say(String(id));
    return 0;
  },
});
