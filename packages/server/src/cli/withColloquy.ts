import { type Colloquy, createColloquy } from "../createColloquy.ts";
import { configuration } from "./configuration.ts";

/** Does something on the configured database, brought up to date, and closes it. */
export async function withColloquy<Result>(
  values: { database?: string },
  work: (colloquy: Colloquy) => Promise<Result>,
): Promise<Result> {
  const colloquy = await createColloquy(await configuration(values));
  return work(colloquy).finally(() => colloquy.close());
}
