import type { Database } from "./database.ts";

/** Milliseconds for an answer: whoever asks wants to know soon, and takes silence for a no. */
const PATIENCE = 2_000;

/** Whether the database can do something for us now. However many ask, one statement is under way. */
export function openReadiness(db: Database): () => Promise<boolean> {
  let asking: Promise<boolean> | null = null;
  return () => {
    asking ??= db
      .query({ name: "ready", text: "select 1" })
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = null;
      });
    return withPatience(asking);
  };
}

async function withPatience(asking: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, false);
  });
  return Promise.race([asking, silence]).finally(() => clearTimeout(timer));
}
