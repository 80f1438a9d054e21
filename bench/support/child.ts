import { fork } from "node:child_process";
import { once } from "node:events";

/** A process of the benchmark's own; it ends with this one. */
export interface Child {
  pid: number;
  /** Sends a question and waits for its answer; one at a time. @throws what ended the process */
  ask<Answer>(question: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

const PROGRAMS = {
  floor: "../processes/floor.ts",
  load: "../processes/load.ts",
  crowd: "../processes/crowd.ts",
  broadcast: "../peer/broadcast.ts",
};

export type Program = keyof typeof PROGRAMS;

export function startChild(program: Program): Child {
  const file = new URL(PROGRAMS[program], import.meta.url);
  const child = fork(file, { serialization: "advanced" });
  const ended = once(child, "exit");
  return {
    pid: child.pid!,
    async ask<Answer>(question: unknown) {
      const answered = once(child, "message");
      child.send(question as object);
      const died = ended.then(() => {
        throw new Error(`The ${program} of the benchmark ended: see above`);
      });
      const [answer] = await Promise.race([answered, died]);
      return answer as Answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The child's side: answers each question; ends when the benchmark does. */
export function answerQuestions<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on("message", async (question: Question) => {
    process.send!(await answer(question));
  });
  process.on("disconnect", () => process.exit());
}
