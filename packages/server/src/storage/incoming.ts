import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file as a client sent it, on the local disk for as long as its request takes. */
export interface Received {
  path: string;
  size: number;
  /** Of the bytes, as hexadecimal digits. */
  sha256: string;
}

/** Takes in files that nobody has looked at yet. */
export interface Incoming {
  /** Writes what comes to the disk, chunk by chunk. @throws FileTooLarge once it is more than `maxBytes` */
  receive(bytes: Readable, signal: AbortSignal): Promise<Received>;
  drop(received: Received): Promise<void>;
  /** Deletes what was left behind by processes that ended in the middle of a request. */
  sweep(): Promise<void>;
}

export class FileTooLarge extends Error {}

/** Milliseconds that no request takes. */
const LONGEST = 60 * 60_000;

export function openIncoming(directory: string, maxBytes: number): Incoming {
  const remove = (path: string) => rm(path, { force: true });
  return {
    async receive(bytes, signal) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, randomBytes(16).toString("hex"));
      const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
      const closed = new Promise<void>((resolve) => file.once("close", resolve));
      const hash = createHash("sha256");
      let size = 0;
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          size += chunk.length;
          if (size > maxBytes) return done(new FileTooLarge());
          hash.update(chunk);
          done(null, chunk);
        },
      });
      try {
        await pipeline(bytes, counted, file, { signal });
      } catch (error) {
        // It may only just be made.
        file.destroy();
        await closed;
        await remove(path);
        throw error;
      }
      return { path, size, sha256: hash.digest("hex") };
    },
    drop: ({ path }) => remove(path),
    async sweep() {
      const names = await readdir(directory).catch(() => []);
      for (const path of names.map((name) => join(directory, name))) {
        const found = await stat(path).catch(() => null);
        if (found !== null && Date.now() - found.mtimeMs > LONGEST) await remove(path);
      }
    },
  };
}
