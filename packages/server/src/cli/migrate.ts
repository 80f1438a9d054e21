import { checkSettings } from "../checkSettings.ts";
import { openDatabase } from "../database/database.ts";
import { migrate as bringUpToDate } from "../database/migrate.ts";
import { defineCommand } from "./command.ts";
import { configuration, DATABASE_OPTION } from "./configuration.ts";
import { say } from "./say.ts";

export const migrate = defineCommand({
  name: "migrate",
  summary: "Bring the database up to date",
  options: DATABASE_OPTION,
  details:
    "`serve` does this too when it starts; by itself it is for a database account that may change tables.",
  async run(values) {
    const db = await openDatabase(checkSettings(await configuration(values)).database);
    const { applied } = await bringUpToDate(db, { schema: "colloquy" }).finally(() => db.close());
    say(applied.length === 0 ? "The database is up to date" : `Applied ${applied.join(", ")}`);
    return 0;
  },
});
