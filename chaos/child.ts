import { fork } from "node:child_process";
import { once } from "node:events";

/** A program of this folder in a process of its own. It ends with this one. */
export interface Child<Questions> {
  /** Several may be under way. @throws what ended the process */
  ask<Name extends keyof Questions & string>(
    name: Name,
    ...given: Asked<Questions[Name]>
  ): Promise<Answered<Questions[Name]>>;
  stop(): Promise<void>;
}

type Method = (...given: never[]) => unknown;
type Asked<Question> = Question extends Method ? Parameters<Question> : never;
type Answered<Question> = Question extends Method ? Awaited<ReturnType<Question>> : never;

interface Envelope {
  id: number;
  name: string;
  given: unknown[];
}

export function startChild<Questions>(file: URL): Child<Questions> {
  const child = fork(file, { serialization: "advanced" });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const ended = once(child, "exit");
  let asked = 0;
  child.on("message", ({ id, answer }: { id: number; answer: unknown }) => {
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  child.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error(`${file.pathname} ended: see above`));
  });
  return {
    ask(name, ...given) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.set(++asked, { resolve, reject });
      child.send({ id: asked, name, given } satisfies Envelope);
      return promise as Promise<never>;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The child's side: answers what it is asked by name; ends when the one that started it does. */
export function answerTo<Questions extends Record<keyof Questions, Method>>(questions: Questions): void {
  process.on("message", async ({ id, name, given }: Envelope) => {
    const question = questions[name as keyof Questions] as Method as (...given: unknown[]) => unknown;
    process.send!({ id, answer: await question(...given) });
  });
  process.on("disconnect", () => process.exit());
}
