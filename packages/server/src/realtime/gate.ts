/** Lets so much work be done at the same time; the rest waits for its turn. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

export function openGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (work) => {
    if (underWay >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else underWay += 1;
    try {
      return await work();
    } finally {
      // Who waits takes over the place.
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  };
}
