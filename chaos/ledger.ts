/** Milliseconds of a clock that all processes of this machine share and nobody sets. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** A message that somebody meant to post, and what they know of it. */
export interface Post {
  thread: number;
  writer: number;
  /** How many the writer had posted before. */
  counter: number;
  /** When it was first sent. */
  sent: number;
  /** When a 2xx came, and with which id; null where none came. */
  acked: number | null;
  id: number | null;
  attempts: number;
}

/** What the text of a post begins with, by which it is known again. */
export function labelOf({ writer, counter }: Pick<Post, "writer" | "counter">): string {
  return `#${writer}.${counter}`;
}

/** A message that a device was told of: over its socket, by `/sync`, or fetched anew after a resync. */
export interface Told {
  thread: number;
  message: number;
  at: number;
  how: "push" | "sync" | "fetch";
  /** Which connection of the device it was, or was made after it, and by which way it had come back. */
  link: string;
  /** Counts up where the device had to begin anew: what is told again then was not told twice. */
  history: number;
}

/** All that one device of a person saw, as a client would count it that suspects nothing. */
export interface DeviceLedger {
  name: string;
  person: number;
  told: Told[];
  /** The unread count that it was told last, by thread. */
  unread: Map<number, number>;
}

/** A change of who is in a thread: it was made at some time between these. */
export interface Change {
  thread: number;
  person: number;
  joins: boolean;
  from: number;
  to: number;
}

/** How things are in the end, as the database and the API say. */
export interface Truth {
  /** In the order of their threads. */
  messages: { id: number; thread: number; seq: number; label: string }[];
  /** What `GET /threads/{id}/messages` lists. */
  listed: { id: number; thread: number; label: string }[];
  members: Member[];
}

/** A member in the end, and how much is unread: as the thread says, as its rows count, and as the list shows. */
export interface Member {
  thread: number;
  person: number;
  unread: { said: number; counted: number; listed: number };
}
