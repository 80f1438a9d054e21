import { PostedMessage } from "@colloquy/protocol";

/** What a message may consist of where it is pushed or answers a POST. */
export const MESSAGE_FIELDS: readonly string[] = Object.keys(PostedMessage.properties);

/** A message with the fields alone that its thread's type lets through; by default all of it. */
export function onlyFields<Wire extends object>(message: Wire, fields: readonly string[] | undefined): Wire {
  if (fields === undefined) return message;
  const kept = Object.entries(message).filter(([name]) => fields.includes(name));
  // What is left out is left out for everybody: clients of such threads do not look for it.
  return Object.fromEntries(kept) as Wire;
}
