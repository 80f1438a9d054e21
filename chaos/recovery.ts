import type { Happened } from "./faults.ts";
import type { DeviceLedger, Post } from "./ledger.ts";

/** A fault, and the seconds after its end until every device had what it got of all that was acknowledged before. */
export interface Recovery extends Happened {
  recovered: number;
  /** Who had it last; null where all had it before. */
  last: string | null;
}

export function recoveries(
  happened: readonly Happened[],
  posts: readonly Post[],
  devices: readonly DeviceLedger[],
): Recovery[] {
  const ackedAt = new Map(posts.flatMap(({ id, acked }) => (acked === null ? [] : [[id!, acked] as const])));
  const deliveries = devices.flatMap(({ name, told }) => {
    const first = new Map<number, number>();
    for (const { message, at } of told) if (!first.has(message)) first.set(message, at);
    return [...first].map(([message, at]) => ({
      name,
      message,
      at,
      acked: ackedAt.get(message) ?? Infinity,
    }));
  });
  return happened.map((one) => {
    const late = deliveries.filter(({ acked, at }) => acked <= one.to && at > one.to);
    if (late.length === 0) return { ...one, recovered: 0, last: null };
    const { name, message, at } = late.reduce((latest, next) => (next.at > latest.at ? next : latest));
    return { ...one, recovered: (at - one.to) / 1_000, last: `${name}, of message ${message}` };
  });
}
