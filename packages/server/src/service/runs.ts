import type { UserId } from "@colloquy/protocol";
import { editMember, type MemberDeps, type MemberEdit } from "../members/actions.ts";
import { type GoBackDeps, goBack } from "../runs/goBack.ts";
import type { Host } from "./host.ts";
import { expectId } from "./input.ts";
import { checkedEdit } from "./members.ts";

/** How members are led through schemas. */
export interface RunService {
  /** Leads a member through a schema from now on. */
  start(thread: number, user: UserId, schema: number, options?: MemberEdit): Promise<void>;
  /** Ends a member's run: they are in `open`. */
  stop(thread: number, user: UserId): Promise<void>;
  /**
   * Takes a member's run back: to the question of a message, where the front end controls the run to a question, by
   * default one question. False where there was nothing to change.
   */
  rollback(thread: number, user: UserId, to?: { message?: number; question?: number }): Promise<boolean>;
}

export function runService(
  deps: MemberDeps & GoBackDeps & { settings: MemberDeps["settings"] & GoBackDeps["settings"] },
  host: Host,
): RunService {
  async function edit(thread: number, user: UserId, change: MemberEdit): Promise<void> {
    await editMember(deps, await host.view(thread), host.author, host.user(user), change);
  }

  return {
    start: async (thread, user, schema, options = {}) =>
      edit(thread, user, {
        state: "scripted",
        ...checkedEdit(host, options),
        schema: expectId(schema, "schema"),
      }),
    stop: (thread, user) => edit(thread, user, { state: "open" }),
    async rollback(thread, user, { message = null, question = null } = {} as never) {
      const view = await host.viewAs(thread, user);
      for (const id of [message, question]) if (id !== null) expectId(id, "message or question");
      return goBack(deps, view, host.authorAs(user), { message, question });
    },
  };
}
