import type { Queryable, Statement } from "../database/database.ts";

const NEW: Statement = { name: "file_new", text: "insert into file (key) values ($1) returning id" };

/** Notes a file before its bytes are written. */
export async function noteFile(db: Queryable, key: string): Promise<number> {
  const [row] = await db.query<{ id: number }>(NEW, [key]);
  return row!.id;
}

interface Unattached {
  id: number;
  key: string;
}

const UNATTACHED: Statement = {
  name: "files_unattached",
  text: "select id, key from file where id = any($1::bigint[]) and attachment_id is null",
};

/** Those of some files that are attached to nothing. */
export function unattachedOf(db: Queryable, ids: readonly number[]): Promise<Unattached[]> {
  return db.query<Unattached>(UNATTACHED, [ids]);
}

const FORGOTTEN: Statement = {
  name: "files_forgotten",
  text: `select id, key from file where attachment_id is null and created < now() - interval '1 hour'
    order by created limit $1`,
};

/** Files that are attached to nothing, and that no request can be about to attach. */
export function forgottenFiles(db: Queryable, most: number): Promise<Unattached[]> {
  return db.query<Unattached>(FORGOTTEN, [most]);
}

const GONE: Statement = {
  name: "files_gone",
  text: "delete from file where id = any($1::bigint[]) and attachment_id is null",
};

/** Notes that the bytes of files are no more. */
export async function forgetFiles(db: Queryable, ids: readonly number[]): Promise<void> {
  await db.query(GONE, [ids]);
}

/** A file, and where it is attached. */
export interface AttachedFile {
  key: string;
  media_type: string;
  size: number;
  attachment_id: number;
  type: string;
  message_id: number;
  thread_id: number;
}

const FILE: Statement = {
  name: "file_attached",
  text: `select f.key, f.media_type, f.size, a.id as attachment_id, a.type, m.id as message_id, m.thread_id
    from file f join attachment a on a.id = f.attachment_id join message m on m.id = a.message_id where f.id = $1`,
};

export async function findFile(db: Queryable, id: number): Promise<AttachedFile | null> {
  const [row] = await db.query<AttachedFile>(FILE, [id]);
  return row ?? null;
}
