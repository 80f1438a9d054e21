import type { UserId } from "@colloquy/protocol";
import { DirectoryInUse, openDatabase } from "../database/database.ts";
import { findAccounts } from "../people/queries.ts";
import type { Settings } from "../settings.ts";
import { addressIn, directoryOf, holdsDatabase } from "./embedded.ts";
import { Refusal } from "./failures.ts";

/**
 * Says where it cannot be known whether there is an account that a token is for.
 * @throws Refusal where it is known that there is none
 */
export async function expectAccount(settings: Settings, id: UserId, token: string): Promise<void> {
  const found = await find(settings, id, token);
  if (found === false)
    throw new Refusal(
      `There is no account ${id}: \`colloquy account add\` adds one, \`account list\` shows all`,
    );
  if (found !== true) process.stderr.write(`Not checked whether there is an account ${id}: ${found}\n`);
}

/** Whether there is one, or why that cannot be known. */
async function find(
  { database, authenticate }: Settings,
  id: UserId,
  token: string,
): Promise<boolean | string> {
  if (authenticate !== undefined) return "the people are the host's";
  const directory = directoryOf(database);
  if (database === "memory:" || (directory !== null && !holdsDatabase(directory)))
    return `there is no database in ${database}`;
  try {
    const db = await openDatabase(database);
    return await findAccounts(db, [id])
      .then(([account]) => account !== undefined)
      .finally(() => db.close());
  } catch (error) {
    if (isNew(error)) return false;
    if (!(error instanceof DirectoryInUse) || directory === null) throw error;
    return (await isTaken(await addressIn(directory), token)) ?? error.message;
  }
}

/** A database whose tables are still to be made. */
function isNew(error: unknown): boolean {
  return (error as { code?: string }).code === "42P01";
}

/** Whether the server there takes a token; null where none answers. */
async function isTaken(url: string | null, token: string): Promise<boolean | null> {
  if (url === null) return null;
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/accounts/me`, { headers }).catch(() => null);
  if (response?.status === 200) return true;
  return response?.status === 401 ? false : null;
}
