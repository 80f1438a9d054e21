import { seeded as numbers } from "../tests/support/seeded.ts";

/** Chance that comes out the same from the same seed. */
export interface Random {
  /** From 0, and less than 1. */
  next(): number;
  /** Evenly between two numbers. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** Good enough for timetables. */
export function seeded(seed: number): Random {
  const next = numbers(seed);
  const random: Random = {
    next,
    between: (least, most) => least + next() * (most - least),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    shuffled(items) {
      const keyed = items.map((item) => ({ item, key: next() }));
      return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
    },
  };
  return random;
}
