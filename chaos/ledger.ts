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

/** One burst of frames over one socket, and how its node was to everybody else. Times in milliseconds. */
export interface Flood {
  /** Which frames, and when they came. */
  name: string;
  /** The longest that anybody waited for an answer right before it, and while it was carried out. */
  quiet: number;
  longest: number;
  /** Bytes by which the node's memory grew at most. */
  grown: number;
}

/** Somebody who was taken out of a thread for good while they acted in it. */
export interface Expulsion {
  thread: number;
  person: number;
  /** Who took them out, and alone wrote in it afterwards. */
  owner: number;
  /** What they were shown of it after that was acknowledged. */
  shown: string[];
}

/** What attackers did, and what they saw of it. */
export interface Attacks {
  floods: Flood[];
  /** Requests whose bodies never came whole, and which nobody had let go of after a long time. */
  unreleased: string[];
  expulsions: Expulsion[];
  /** A thread that somebody is taken out of and added to again, while the bodies of their messages are held back. */
  held: { thread: number; person: number };
  /** How many bodies were held back. */
  bodies: number;
}

/** An event of the log; `user` is whom it tells of where it is of a member, `sender` who wrote where of a message. */
export interface LogEntry {
  thread: number;
  seq: number;
  type: string;
  user: number | null;
  sender: number | null;
}

/** How things are in the end, as the database and the API say. */
export interface Truth {
  /** In the order of their threads. */
  messages: { id: number; thread: number; seq: number; label: string }[];
  /** What `GET /threads/{id}/messages` lists. */
  listed: { id: number; thread: number; label: string }[];
  members: Member[];
  /** Of the threads in which somebody attacked, in the order of each. */
  log: LogEntry[];
}

/** A member in the end, and how much is unread: as the thread says, as its rows count, and as the list shows. */
export interface Member {
  thread: number;
  person: number;
  unread: { said: number; counted: number; listed: number };
}
