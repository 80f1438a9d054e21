import { Value } from "typebox/value";
import { type Settings, type ThreadTypeSettings, ThreadTypeShape } from "../../settings.ts";
import type { ThreadChange } from "../change/threadChange.ts";

/** What holds for threads of a type that the settings say nothing of. */
const AS_USUAL = Value.Default(ThreadTypeShape, {}) as ThreadTypeSettings;

/** What the settings say of threads of a type. */
export function ofThreadType({ threadTypes }: Settings, type: string): ThreadTypeSettings {
  return Object.hasOwn(threadTypes, type) ? threadTypes[type]! : AS_USUAL;
}

/**
 * Whether a change moves the thread's `updated`, which all of its members see: one that concerns a single member does
 * not, and new messages do where their thread's type says so.
 */
export function touches(settings: Settings, type: string, change: ThreadChange): boolean {
  const { title, joins, leaves, everyone, edits = [], deletes = [], messages = [] } = change;
  const isOfAll = [title, joins, leaves, everyone].some((part) => part !== undefined);
  if (isOfAll || edits.length > 0 || deletes.length > 0) return true;
  return messages.length > 0 && ofThreadType(settings, type).touch;
}
