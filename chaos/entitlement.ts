import { type Change, labelOf, type Post, type Truth } from "./ledger.ts";

/** The stored messages of a thread, each with the time by which it was certainly sent and certainly stored. */
export interface Timed {
  id: number;
  seq: number;
  after: number;
  before: number;
}

/** Whether somebody was in a thread when a message was stored, and in which of their stays: even ones are in. */
export type Standing = { stay: number; isIn: boolean } | "unsure";

/** Nobody waits for an answer that never came, but the next ones in the thread came after it. */
export function timed(messages: Truth["messages"], posts: ReadonlyMap<string, Post>): Timed[] {
  const rows = messages.map(({ id, seq, label }) => {
    const post = posts.get(label);
    return { id, seq, after: post?.sent ?? 0, before: post?.acked ?? Number.POSITIVE_INFINITY };
  });
  for (let index = 1; index < rows.length; index++)
    rows[index]!.after = Math.max(rows[index]!.after, rows[index - 1]!.after);
  for (let index = rows.length - 2; index >= 0; index--)
    rows[index]!.before = Math.min(rows[index]!.before, rows[index + 1]!.before);
  return rows;
}

/** Where somebody stood who was in the thread before the first of their changes, which are in order. */
export function standing({ after, before }: Timed, changes: readonly Change[]): Standing {
  const done = changes.filter(({ to }) => to < after);
  const open = changes.filter(({ from, to }) => to >= after && from <= before);
  if (open.length > 0) return "unsure";
  return { stay: done.length, isIn: done.at(-1)?.joins ?? true };
}

/**
 * What somebody must have been told in the end, of the messages of a thread in their order. Of a stay that is over,
 * only what comes before the last that they were told: who is taken out is told no more of what they missed.
 */
export function owed(
  messages: readonly Timed[],
  changes: readonly Change[],
  isTold: (id: number) => boolean,
): number[] {
  const stood = messages.map((message) => ({ id: message.id, standing: standing(message, changes) }));
  const lastOf = new Map<number, number>();
  stood.forEach(({ id, standing }, index) => {
    if (standing !== "unsure" && (standing.stay === changes.length || isTold(id)))
      lastOf.set(standing.stay, index);
  });
  return stood
    .filter(
      ({ standing }, index) =>
        standing !== "unsure" && standing.isIn && index <= (lastOf.get(standing.stay) ?? -1),
    )
    .map(({ id }) => id);
}

/** Posts by what their texts begin with. */
export function byLabel(posts: readonly Post[]): Map<string, Post> {
  return new Map(posts.map((post) => [labelOf(post), post]));
}
