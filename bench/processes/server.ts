import { type Colloquy, createColloquy, type SettingsInput } from "../../packages/server/src/index.ts";
import { answerQuestions } from "../support/child.ts";

/** The server as `colloquy serve` runs it, alone in its process. */
let colloquy: Colloquy | undefined;

answerQuestions<SettingsInput>(
  async (settings) => {
    colloquy = await createColloquy(settings);
    return colloquy.listen();
  },
  async () => colloquy?.close(),
);
