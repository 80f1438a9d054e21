import { notFound } from "@colloquy/protocol";
import type { Colloquy } from "../createColloquy.ts";
import { openExport } from "../surveys/export/open.ts";
import type { Target } from "./target.ts";

/** A database of one's own. */
export function localTarget({
  db,
  schemas,
  accounts,
  settings,
}: Pick<Colloquy, "db" | "schemas" | "accounts" | "settings">): Target {
  return {
    ids: settings.accounts.ids,
    schemas,
    accounts,
    async exportSurveys(wanted, tell) {
      let done = 0;
      const onPage = (count: number) => {
        done += count;
        tell(`${done.toLocaleString("en")} of ${opened!.count.toLocaleString("en")}`);
      };
      const opened = await openExport(db, wanted, { onPage });
      if (opened === null) throw notFound();
      return opened.chunks();
    },
  };
}
