import type { UserId } from "@colloquy/protocol";

/** Something that a node may have to tell its sessions of. Ids only: what they may see is read when they are told. */
export type Wake =
  /** Events up to `seq` were committed in a thread; `touched` are users who joined, left, or changed what they are told of. */
  | { type: "thread"; thread: number; seq: number; touched?: readonly Touched[] }
  /** A user began or ceased to follow a thread. */
  | { type: "follow"; user: UserId; thread: number }
  /** A user's unread count changed. */
  | { type: "unread"; user: UserId; thread: number }
  /** A survey of a user changed, at a position of the log. */
  | { type: "survey"; user: UserId; survey: number; xid: string; id: number }
  /** A member writes, for so many milliseconds. */
  | { type: "writing"; user: UserId; thread: number; length: number }
  /** Some wake-ups were lost: what is in no log is to be told again. */
  | { type: "lost" };

export const LOST: Wake = { type: "lost" };

/** A user of whom it is to be looked at anew whether they follow a thread, and after which event if they do. */
export interface Touched {
  user: UserId;
  after: number;
}

/**
 * Carries wake-ups between the nodes on one database. A wake-up may come late, twice, out of order or not at all:
 * the log in the database is the truth, and a node that heard nothing finds by its sweep what it has missed. A bus
 * that is lost therefore delays, and loses nothing but who is writing: once it is back, each node hears that wake-ups
 * were lost.
 */
export interface Bus {
  readonly kind: "local" | "postgres" | "redis";
  /** Tells the other nodes. Never waits, never throws. */
  publish(wake: Wake): void;
  /** Calls back for what the other nodes publish. */
  subscribe(heard: (wake: Wake) => void): void;
  /** Whether the other nodes can be told and heard now. */
  isConnected(): boolean;
  close(): Promise<void>;
}
