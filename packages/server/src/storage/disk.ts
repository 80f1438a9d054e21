import { mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Storage } from "./storage.ts";

/** Files in a directory of the local disk, which is made when the first one is written. */
export function openDisk(directory: string): Storage {
  // Directories of millions of files are slow.
  const pathOf = (key: string) => join(directory, key.slice(0, 2), key);
  return {
    async write(key, bytes) {
      const path = pathOf(key);
      const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(path, "wx", 0o600);
      try {
        if (bytes instanceof Uint8Array) await file.writeFile(bytes);
        else await pipeline(bytes, file.createWriteStream({ autoClose: false }));
        await file.sync();
      } finally {
        await file.close();
      }
      await syncDirectory(dirname(path));
      if (made !== undefined) await syncDirectory(directory);
    },
    async read(key, range) {
      const file = await open(pathOf(key), "r").catch(unlessMissing);
      return file?.createReadStream(range ?? {}) ?? null;
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
  };
}

/** A new name is only on the disk once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
