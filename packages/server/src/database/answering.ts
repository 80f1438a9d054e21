import type { Queryable, Statement } from "./database.ts";

/** Milliseconds in which a database must answer to count as ready. */
const PATIENCE = 2_000;

const READY: Statement = { name: "ready", text: "select 1" };

/** Asks whether the database answers now, and waits no longer than a moment for it. One question serves all who ask. */
export function openAnswering(db: Queryable): () => Promise<boolean> {
  let asking: Promise<boolean> | null = null;
  return () => {
    asking ??= db
      .query(READY)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = null;
      });
    return Promise.race([asking, late()]);
  };
}

function late(): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE, false).unref();
  });
}
