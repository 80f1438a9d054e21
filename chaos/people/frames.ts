import type { Push } from "@colloquy/protocol";
import { type DeviceLedger, now, type Told } from "../ledger.ts";

/** Enters what a frame says into the ledger of a device. Answers the thread of which it told how much is unread. */
export function enter(
  ledger: DeviceLedger,
  frame: Push,
  by: Pick<Told, "how" | "link" | "history">,
): number | null {
  if (frame.message === "message_created_or_updated") {
    const { id, thread } = frame.data;
    ledger.told.push({ thread, message: id, at: now(), ...by });
  }
  const counted = countOf(frame);
  if (counted !== null) ledger.unread.set(counted.thread, counted.unread);
  return counted?.thread ?? null;
}

function countOf({ message, data }: Push): { thread: number; unread: number } | null {
  if (message === "unread_changed") return data;
  if (message === "thread_updated") return "unread" in data ? { thread: data.id, unread: data.unread } : null;
  if (message !== "message_created_or_updated" || !("thread_data" in data)) return null;
  return { thread: data.thread, unread: data.thread_data.unread };
}
