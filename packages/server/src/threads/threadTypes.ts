import { Value } from "typebox/value";
import { type Settings, type ThreadTypeSettings, ThreadTypeShape } from "../settings.ts";
import type { ThreadChange } from "./threadChange.ts";

/** What holds for threads of a type that the settings say nothing of. */
const AS_USUAL = Value.Default(ThreadTypeShape, {}) as ThreadTypeSettings;

/** What the settings say of threads of a type. */
export function ofThreadType({ threadTypes }: Settings, type: string): ThreadTypeSettings {
  return Object.hasOwn(threadTypes, type) ? threadTypes[type]! : AS_USUAL;
}

/** Whether a change moves the thread's `updated`: every one does, but new messages only where its type says so. */
export function touches(
  settings: Settings,
  type: string,
  { messages = [], title, joins }: ThreadChange,
): boolean {
  return (
    ofThreadType(settings, type).touch || messages.length === 0 || title !== undefined || joins !== undefined
  );
}
