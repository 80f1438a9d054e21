import type { State } from "@colloquy/protocol";
import { PERMISSION } from "../../policies/bits.ts";
import type { AskedThread } from "../../policies/policies.ts";

/** A thread as one user sees it: its own row and the user's member row, side by side. */
export interface ThreadView extends AskedThread {
  /** Of the newest message. */
  seq: number;
  revision: number;
  members_revision: number;

  related_message: number | null;
  on_finish: "open" | "close" | "repeat";
  initial_question: number | null;
  frequency_unit: string | null;
  frequency_value: number | null;
  repeat_until: string | null;
  next_restart: string | null;
  /** Messages that the stored count does not cover yet. */
  unread_lag: number;
}

/** A thread as one who is told of it sees it. */
export interface WatcherView extends ThreadView {
  /** Of the messages that they are told of, those that they have read. */
  read: readonly number[];
  /** The same for as long as nothing of the view changes but what every message changes: `seq`, `updated`, `unread`. */
  since: object;
}

/** The member's part of a view: what a mode consists of. */
export type Mode = Pick<
  ThreadView,
  | "state"
  | "schema_id"
  | "question_id"
  | "related_message"
  | "run_id"
  | "variables"
  | "on_finish"
  | "initial_question"
  | "automated_sender"
  | "frequency_unit"
  | "frequency_value"
  | "repeat_until"
  | "next_restart"
>;

/** What somebody sees who is let in by a policy without being a member. */
export function asReader(view: ThreadView): ThreadView {
  if (view.is_member) return view;
  return {
    ...view,
    state: "closed",
    variables: {},
    on_finish: "open",
    permissions: PERMISSION.MESSAGES_READ | PERMISSION.THREAD_READ,
    notifications: 0,
    unread: 0,
    unread_lag: 0,
  };
}

const SCRIPTED_STATES: readonly State[] = ["scripted", "scripted_fe_controlled"];
export const SCHEMA_STATES: readonly State[] = [...SCRIPTED_STATES, "assisted"];

export function isScripted(state: State): boolean {
  return SCRIPTED_STATES.includes(state);
}

/** What a mode without a schema clears. The run stays known: the pool is its. */
export const NO_SCHEMA = {
  schema_id: null,
  question_id: null,
  related_message: null,
  next_restart: null,
} as const;
