import { checkSettings } from "../checkSettings.ts";
import { migrateDatabase } from "../createColloquy.ts";
import { openDatabase } from "../database/database.ts";
import { defineCommand } from "./command.ts";
import { configuration, DATABASE_OPTION } from "./configuration.ts";
import { say } from "./say.ts";

export const migrate = defineCommand({
  options: DATABASE_OPTION,
  details: `\`serve\` does this too when it starts; on its own it is for a database role that may change tables.
After a change of accounts.ids it also converts the ids of users, which \`serve\` does not do:
stop every server on the database first.`,
  async run(values) {
    const { database, accounts } = checkSettings(await configuration(values));
    const db = await openDatabase(database);
    const { applied, converted } = await migrateDatabase(db, accounts).finally(() => db.close());
    if (applied.length > 0) say(`Applied ${applied.join(", ")}`);
    if (converted) say(`Converted the ids of users to ${accounts.ids === "string" ? "strings" : "integers"}`);
    if (applied.length === 0 && !converted) say("The database is up to date");
    return 0;
  },
});
