import { Type } from "typebox";
import type { ViewCache } from "../../conversation/view/viewCache.ts";
import { defineCommand, frameDenied } from "../../realtime/command.ts";
import type { Hub } from "../../realtime/hub.ts";

const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** What a client may send about threads. */
export function threadCommands({
  hub,
  views,
}: {
  hub: Pick<Hub, "writing">;
  views: Pick<ViewCache, "find">;
}) {
  return [
    defineCommand({
      name: "thread_someone_is_writing",
      data: Type.Object({ thread: Id, length: Type.Integer({ minimum: 0, maximum: 60_000 }) }),
      async handle(sender, { thread, length }) {
        const view = await views.find(thread, sender.id, []);
        if (view?.is_member !== true) throw frameDenied();
        await hub.writing(sender, thread, length);
      },
    }),
  ];
}
