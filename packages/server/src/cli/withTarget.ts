import { checkSettings } from "../checkSettings.ts";
import { createColloquy } from "../createColloquy.ts";
import { DirectoryInUse } from "../database/database.ts";
import { configuration, DATABASE_OPTION } from "./configuration.ts";
import { addressIn, directoryOf } from "./embedded.ts";
import { Refusal } from "./failures.ts";
import { localTarget } from "./localTarget.ts";
import { SERVER_OPTION, serverOf } from "./server.ts";
import { serverTarget } from "./serverTarget.ts";
import type { Target } from "./target.ts";

export const TARGET_OPTIONS = { ...DATABASE_OPTION, ...SERVER_OPTION } as const;

type Given = { [Name in keyof typeof TARGET_OPTIONS]?: string };

/** Does something through a server, or on the configured database, brought up to date, and closes it. */
export async function withTarget<Result>(
  given: Given,
  work: (target: Target) => Promise<Result>,
): Promise<Result> {
  const server = await serverOf(given);
  if (server !== null) return work(await serverTarget(server));
  const settings = await configuration({ database: given.database });
  const colloquy = await createColloquy(settings).catch(async (error) => {
    const directory = directoryOf(checkSettings(settings).database);
    const address = directory === null ? null : await addressIn(directory);
    if (!(error instanceof DirectoryInUse) || address === null) throw error;
    throw new Refusal(
      `${error.message}. Or work through its server: --server ${address} --token TOKEN, the token being what \`colloquy token --user ID\` prints for a superuser`,
    );
  });
  try {
    return await work(localTarget(colloquy));
  } finally {
    await colloquy.close();
  }
}
