import type { Json } from "@colloquy/engine";

/** A row of the log. */
export interface LoggedEvent {
  xid: string;
  id: number;
  thread_id: number | null;
  seq: number | null;
  user_id: number | null;
  type: string;
  data: Record<string, unknown> & { message?: number };
  created: string;
}

/** An event that is to be logged. */
export interface NewEvent {
  type: string;
  /** Whom it concerns; left out: every member. */
  user_id?: number | null;
  data?: { [key: string]: Json };
}
