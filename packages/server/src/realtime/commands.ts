import type { Commands } from "@colloquy/protocol";
import { type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import type { Core } from "../core.ts";
import type { Caller } from "../policies/caller.ts";
import { findMessage, threadOfMessage } from "../messages/queries.ts";
import { readMessages } from "../messages/read.ts";
import { hiddenFrom } from "../conversation/view/visibility.ts";
import { type Frame, frameOf } from "./frame.ts";
import { userOf } from "./identity.ts";
import { standingOf } from "./resume.ts";
import type { Session } from "./session.ts";

/** What is wrong with a frame: sent back, and the connection stays. */
export class FrameError extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

type Handler<Name extends keyof Commands> = {
  data: TSchema;
  handle(core: Core, sender: Caller, data: Commands[Name], session: Session): Promise<void>;
};

const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const DENIED = "You do not have permission to perform this action.";

/** What a client may send over its socket. */
const COMMANDS: { [Name in keyof Commands]: Handler<Name> } = {
  mark_message_as_read: {
    data: Type.Object({ message: Id }),
    async handle(core, sender, { message: id }) {
      const hidden = hiddenFrom(core.settings, sender);
      const threadId = await threadOfMessage(core.db, id);
      const view = threadId === null ? null : await core.views.find(threadId, sender.id, hidden);
      const may =
        view !== null &&
        (await core.policies.messagesList(sender, { method: "GET", params: { thread_id: view.id }, view }));
      const message = may ? await findMessage(core.db, view.id, id, sender.id, hidden) : null;
      if (view === null || message === null) throw new FrameError("DENIED", DENIED);
      await readMessages(core, view, sender, [message]);
    },
  },
  thread_someone_is_writing: {
    data: Type.Object({ thread: Id, length: Type.Integer({ minimum: 0, maximum: 60_000 }) }),
    async handle(core, sender, { thread, length }) {
      const view = await core.views.find(thread, sender.id, []);
      if (view?.is_member !== true) throw new FrameError("DENIED", DENIED);
      await core.hub.writing(sender, thread, length);
    },
  },
  resume: {
    data: Type.Object({ since: Type.String() }),
    async handle(core, sender, { since: token }, session) {
      const { since } = await standingOf(core, sender, token);
      if (since === null) return session.send(RESYNC, null);
      await core.hub.resume(session, since);
    },
  },
};

/** Not everything that was missed can be told again. */
export const RESYNC: Frame = frameOf("resync", {});

/** Carries out one frame. @throws FrameError where it is unknown, malformed or refused */
export async function carryOut(
  core: Core,
  session: Session,
  frame: { message: unknown; data?: unknown },
): Promise<void> {
  const name = frame.message;
  if (typeof name !== "string" || !Object.hasOwn(COMMANDS, name))
    throw new FrameError("UNKNOWN_MESSAGE", "There is no message of this name.");
  const command = COMMANDS[name as keyof Commands] as Handler<keyof Commands>;
  if (!Value.Check(command.data, frame.data))
    throw new FrameError("WRONG_DATA", "The data is not of this message's shape.");
  const sender = await userOf([session]);
  if (sender !== null) await command.handle(core, sender, frame.data as Commands[keyof Commands], session);
}
