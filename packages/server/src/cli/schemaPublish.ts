import { defineCommand } from "./command.ts";
import { say } from "./say.ts";
import { orRefuse, schemaId } from "./storedSchema.ts";
import { TARGET_OPTIONS, withTarget } from "./withTarget.ts";

export const schemaPublish = defineCommand({
  options: { ...TARGET_OPTIONS, force: { description: "even if the checker finds errors" } },
  details:
    "A name means its newest version; digits are an id. Earlier versions of its name become deprecated.",
  async run({ force = false, ...where }, [key]) {
    const { id, name, version } = await withTarget(where, async (target) =>
      orRefuse(key!, target.schemas.publish(await schemaId(target, key!), { force })),
    );
    say(`${name} version ${version} has id ${id} and is published`);
    return 0;
  },
});
