import { type Frame, frameOf } from "../../realtime/frame.ts";

/** To who was in a thread and is no more: all that they are told of it. */
export function leftPush(id: number): Frame {
  return frameOf("thread_updated", { id, deleted: true });
}
