import type { Readable } from "node:stream";

/** Both ends included, from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where the bytes of files are. Keys are ours, never a client's: letters and digits. */
export interface Storage {
  /** Writes a file, which is on the disk when this is done. A key is written once. */
  write(key: string, bytes: Readable | Uint8Array): Promise<void>;
  /** The bytes of a file, or a part of them; null where there is none. */
  read(key: string, range?: ByteRange): Promise<Readable | null>;
  /** Removes a file, whole or not; one that is not there is gone already. */
  remove(key: string): Promise<void>;
}
