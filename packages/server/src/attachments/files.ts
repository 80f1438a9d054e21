import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import type { Queryable } from "../database/database.ts";
import type { Storage } from "../storage/storage.ts";
import { forgetFiles, forgottenFiles, noteFile, unattachedOf } from "./queries.ts";

/** What it takes to keep files. */
export interface FileDeps {
  db: Queryable;
  storage: Storage;
}

/** Files that one look removes at most. */
const MOST = 100;

/**
 * Stores a file that is attached to nothing yet. Its row comes first, so that whatever happens then, somebody finds the
 * bytes; a change of a thread that attaches it is what keeps it.
 */
export async function storeFile({ db, storage }: FileDeps, bytes: Readable | Uint8Array): Promise<number> {
  const key = randomBytes(16).toString("hex");
  const id = await noteFile(db, key);
  await storage.write(key, bytes);
  return id;
}

/**
 * Removes those of some files that are attached to nothing, and never will be. What fails is no fault of the request that
 * is done with them: the sweep finds them again, and tells of it.
 */
export async function discardFiles(deps: FileDeps, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await unattachedOf(deps.db, ids)
    .then((files) => remove(deps, files))
    .catch(() => undefined);
}

/** Removes what was attached to nothing for longer than a request can take. Any number of nodes may do so. */
export async function sweepFiles(deps: FileDeps): Promise<void> {
  for (;;) {
    const found = await forgottenFiles(deps.db, MOST);
    await remove(deps, found);
    if (found.length < MOST) return;
  }
}

/** The bytes first: as long as the row is there, they are found. */
async function remove(
  { db, storage }: FileDeps,
  files: readonly { id: number; key: string }[],
): Promise<void> {
  if (files.length === 0) return;
  for (const { key } of files) await storage.remove(key);
  await forgetFiles(
    db,
    files.map(({ id }) => id),
  );
}
