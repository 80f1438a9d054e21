import { Type } from "typebox";
import { defineCommand } from "./command.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { Hub } from "./hub.ts";
import { type StandingDeps, standingOf } from "./resume.ts";

/** Not everything that was missed can be told again. */
export const RESYNC: Frame = frameOf("resync", {});

/** A client says where it broke off. */
export function resumeCommand(deps: StandingDeps & { hub: Pick<Hub, "resume"> }) {
  return defineCommand({
    name: "resume",
    data: Type.Object({ since: Type.String() }),
    async handle(sender, { since: token }, session) {
      const { since } = await standingOf(deps, sender, token);
      if (since === null) return session.send(RESYNC, null);
      await deps.hub.resume(session, since);
    },
  });
}
