import { type FieldErrors, texts, type UserId } from "@colloquy/protocol";
import type { Directory } from "./directory.ts";

/** What is wrong with a field that names a user: that there is no such user, if one is named. */
export async function unknownUser(
  people: Pick<Directory, "find">,
  field: string,
  user: UserId | null | undefined,
): Promise<FieldErrors> {
  if (user == null || (await people.find([user])).size > 0) return {};
  return { [field]: [texts.pkNotFound(user)] };
}
