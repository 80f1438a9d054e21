import type { Push } from "@colloquy/protocol";

/** To who was in a thread and is no more: all that they are told of it. */
export function leftPush(thread: number): Push {
  return { message: "thread_updated", data: { id: thread, deleted: true } };
}
