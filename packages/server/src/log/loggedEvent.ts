import type { Json } from "@colloquy/engine";
import type { UserId } from "@colloquy/protocol";

/** A row of the log. */
export interface LoggedEvent {
  xid: string;
  id: number;
  thread_id: number | null;
  seq: number | null;
  user_id: UserId | null;
  type: string;
  data: Record<string, unknown> & { message?: number };
  created: string;
}

/** An event that is to be logged. */
export interface NewEvent {
  type: string;
  /** Whom it concerns; left out: every member. */
  user_id?: UserId | null;
  data?: { [key: string]: Json };
}
