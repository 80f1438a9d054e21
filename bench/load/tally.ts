/** In milliseconds from when a message was due. What never came counts as infinitely late. */
export interface Spread {
  p50: number;
  p99: number;
}

/** How a round of sending went. */
export interface Round {
  arrivals: number;
  acknowledged: number;
  /** Answered, but not by a success. */
  refused: number;
  /** Arrivals that found no free connection. */
  waited: number;
  /** Pushes of this round's messages, and the bytes of all of them. */
  deliveries: number;
  bytes: number;
  /** Pushes of acknowledged messages that did not come. */
  missing: number;
  ack: Spread;
  delivery: Spread;
}

/** Keeps the count of a round; each message has a number, one after the other. */
export interface Tally {
  /** Answers the message's number. */
  due(at: number, receivers: number): number;
  waited(): void;
  acknowledged(message: number): void;
  refused(): void;
  /** Pushes of other rounds are none of ours. */
  pushed(message: number, bytes: number): void;
  /** Pushes of acknowledged messages that did not come yet. */
  missing(): number;
  round(): Round;
}

/** `first` is the number of the first message. */
export function openTally(first: number): Tally {
  const due: number[] = [];
  const expected: number[] = [];
  const came: number[] = [];
  const acknowledged = new Set<number>();
  const acks: number[] = [];
  const deliveries: number[] = [];
  let [waited, refused, bytes] = [0, 0, 0];

  return {
    due(at, receivers) {
      expected.push(receivers);
      came.push(0);
      return first + due.push(at) - 1;
    },
    waited() {
      waited += 1;
    },
    acknowledged(message) {
      acknowledged.add(message - first);
      acks.push(performance.now() - due[message - first]!);
    },
    refused() {
      refused += 1;
    },
    pushed(message, size) {
      const index = message - first;
      const before = came[index];
      if (before === undefined || before === expected[index]) return;
      came[index] = before + 1;
      deliveries.push(performance.now() - due[index]!);
      bytes += size;
    },
    missing,
    round: () => ({
      arrivals: due.length,
      acknowledged: acknowledged.size,
      refused,
      waited,
      deliveries: deliveries.length,
      bytes,
      missing: missing(),
      ack: spread(acks, due.length),
      delivery: spread(
        deliveries,
        expected.reduce((sum, receivers) => sum + receivers, 0),
      ),
    }),
  };

  function missing(): number {
    let count = 0;
    for (const index of acknowledged) count += expected[index]! - came[index]!;
    return count;
  }
}

function spread(values: readonly number[], of: number): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * of) - 1)] ?? Number.POSITIVE_INFINITY;
  return { p50: at(0.5), p99: at(0.99) };
}
