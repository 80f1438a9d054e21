import { checkSettings } from "../checkSettings.ts";
import { openTokens } from "../people/tokens.ts";
import { ID_WORDS, readUserId } from "../policies/userIds.ts";
import type { Settings } from "../settings.ts";
import { defineCommand } from "./command.ts";
import { configuration, DATABASE_OPTION } from "./configuration.ts";
import { directoryOf } from "./embedded.ts";
import { expectAccount } from "./expectAccount.ts";
import { Refusal, UsageError } from "./failures.ts";
import { say } from "./say.ts";
import { hasSecret, secretOf } from "./secret.ts";

const DAY = 24 * 60 * 60;

export const token = defineCommand({
  options: { user: { value: "ID", description: "id of the account; required" }, ...DATABASE_OPTION },
  details: `It is signed with auth.secret, or with the secret that \`serve\` keeps with the embedded database. Clients send it as
  Authorization: Bearer TOKEN
The server may be running meanwhile.`,
  async run({ user, ...where }) {
    const settings = checkSettings(await configuration(where));
    const { ids } = settings.accounts;
    const id = user === undefined ? null : readUserId(ids, user);
    if (id === null || id === 0)
      throw new UsageError(`--user ID is required, and ${ids === "integer" ? "a number" : ID_WORDS[ids]}`);
    const issued = await openTokens(await signingSecret(settings), settings.auth, ids).issue(id, DAY);
    await expectAccount(settings, id, issued);
    say(issued);
    return 0;
  },
});

async function signingSecret({ auth, database }: Settings): Promise<string> {
  if (auth.jwksUrl !== undefined)
    throw new Refusal("auth.jwksUrl is set: the tokens come from whoever holds its keys");
  if (auth.secret !== undefined) return auth.secret;
  const directory = directoryOf(database);
  if (directory === null)
    throw new Refusal(
      "Set COLLOQUY_AUTH_SECRET to the secret of the server: only with an embedded database is one kept",
    );
  if (!hasSecret(directory))
    throw new Refusal(
      `There is no secret in ${directory} yet: start \`colloquy serve\` on it once, which makes one`,
    );
  return secretOf(directory);
}
