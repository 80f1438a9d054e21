import type { Commands } from "@colloquy/protocol";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Caller } from "../policies/caller.ts";
import type { Session } from "./session.ts";

/** What is wrong with a frame: sent back, and the connection stays. */
export class FrameError extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** That somebody may not: which of them it was is not said. */
export function frameDenied(): FrameError {
  return new FrameError("DENIED", "You do not have permission to perform this action.");
}

/** A frame that a client may send over its socket, and what carries it out. */
export interface Command {
  name: keyof Commands;
  data: TSchema;
  /** @throws FrameError where it is refused */
  handle(sender: Caller, data: unknown, session: Session): Promise<void>;
}

/** A command whose data have the shape that the protocol says. */
export function defineCommand<Name extends keyof Commands>(command: {
  name: Name;
  data: TSchema;
  handle(sender: Caller, data: Commands[Name], session: Session): Promise<void>;
}): Command {
  return command as Command;
}

/** Every command by its name. @throws TypeError where one is defined twice, or not at all */
export function commandsByName(
  commands: readonly Command[],
  names: readonly (keyof Commands)[],
): ReadonlyMap<string, Command> {
  const byName = new Map(commands.map((command) => [command.name as string, command]));
  if (byName.size !== commands.length || names.some((name) => !byName.has(name)))
    throw new TypeError(`Commands must be these, each once: ${names.join(", ")}`);
  return byName;
}

/** The command of a frame, with its data. @throws FrameError where it is unknown or malformed */
export function commandOf(
  commands: ReadonlyMap<string, Command>,
  { message, data }: { message: unknown; data?: unknown },
): { command: Command; data: unknown } {
  const command = typeof message === "string" ? commands.get(message) : undefined;
  if (command === undefined) throw new FrameError("UNKNOWN_MESSAGE", "There is no frame of this name.");
  if (!Value.Check(command.data, data))
    throw new FrameError("WRONG_DATA", "The data does not have the shape of this frame.");
  return { command, data };
}
