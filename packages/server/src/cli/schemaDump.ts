import { defineCommand } from "./command.ts";
import { say } from "./say.ts";
import { storedDocument } from "./storedSchema.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const schemaDump = defineCommand({
  options: TARGET_OPTIONS,
  details: "A name means its newest version; digits are an id.",
  async run(where, [key]) {
    const document = await withTarget(where, (target) => storedDocument(target, key!));
    say(JSON.stringify(document, null, 2));
    return 0;
  },
});
