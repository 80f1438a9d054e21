import type { Database, Queryable } from "../../packages/server/src/database/database.ts";

/** A statement as it was sent. */
export interface Sent {
  /** Absent: it was not prepared. */
  name?: string;
  text: string;
  values: unknown[];
}

export interface Recording {
  db: Database;
  /** What was sent since the last time. */
  take(): Sent[];
}

/** A database that keeps what is asked of it. */
export function record(db: Database): Recording {
  let sent: Sent[] = [];
  const recorded = (queryable: Queryable): Queryable => ({
    query(statement, values = []) {
      if ("name" in statement) sent.push({ name: statement.name, text: statement.text, values: [...values] });
      else sent.push({ text: statement.text, values: statement.values });
      return queryable.query(statement, values);
    },
  });
  const note = (text: string) => sent.push({ name: text, text, values: [] });
  return {
    db: {
      ...db,
      ...recorded(db),
      transaction: (work) => {
        note("begin");
        return db.transaction((tx) => work(recorded(tx))).finally(() => note("commit"));
      },
    },
    take() {
      const taken = sent;
      sent = [];
      return taken;
    },
  };
}
