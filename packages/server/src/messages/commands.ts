import { Type } from "typebox";
import { type ReadDeps, readMessages } from "../conversation/change/markRead.ts";
import type { SeeDeps } from "../conversation/context.ts";
import { findMessage } from "../conversation/view/messageQueries.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import type { Policies } from "../policies/policies.ts";
import { defineCommand, frameDenied } from "../realtime/command.ts";
import { threadOfMessage } from "./queries.ts";

const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** What a client may send about messages. */
export function messageCommands(deps: SeeDeps & ReadDeps & { policies: Pick<Policies, "messagesList"> }) {
  const { db, policies, settings, views } = deps;
  return [
    defineCommand({
      name: "mark_message_as_read",
      data: Type.Object({ message: Id }),
      async handle(sender, { message: id }) {
        const hidden = hiddenFrom(settings, sender);
        const threadId = await threadOfMessage(db, id);
        const view = threadId === null ? null : await views.find(threadId, sender.id, hidden);
        const may =
          view !== null &&
          (await policies.messagesList(sender, { method: "GET", params: { thread_id: view.id }, view }));
        const message = may ? await findMessage(db, view.id, id, sender.id, hidden) : null;
        if (view === null || message === null) throw frameDenied();
        await readMessages(deps, view, sender.id, [message]);
      },
    }),
  ];
}
