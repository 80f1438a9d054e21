import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `reset`: connections are cut, and new ones at once. `silent`: nothing comes through, and nobody is told so; what was
 * under way comes through when it is over. `slow`: every piece takes its time.
 */
export type Condition = "clear" | "reset" | "silent" | "slow";

/** What lies between two ends of a route. */
export interface Weather {
  condition: Condition;
  become(condition: Condition): void;
  /** Resolves when something can come through. */
  passable(): Promise<void>;
  /** The near ends of its connections, as long as they are open. */
  connections: Set<Socket>;
}

/** Milliseconds that a piece takes on a slow route, at most. */
const SLOWEST = 250;

export function openWeather(): Weather {
  let silence = Promise.withResolvers<void>();
  silence.resolve();
  const weather: Weather = {
    condition: "clear",
    connections: new Set(),
    become(condition) {
      weather.condition = condition;
      silence.resolve();
      if (condition === "silent") silence = Promise.withResolvers();
      if (condition === "reset") for (const socket of weather.connections) socket.resetAndDestroy();
    },
    async passable() {
      if (weather.condition === "slow") await sleep(Math.random() * SLOWEST);
      await silence.promise;
    },
  };
  return weather;
}

/** Carries what comes from one end to the other as the weather lets it, its end too. */
export function carry(from: Socket, to: Socket, weather: Weather): void {
  // One after the other: an end must not overtake what was said before.
  let last = Promise.resolve();
  const then = (step: () => Promise<unknown> | unknown) => {
    last = last.then(async () => {
      await weather.passable();
      await step();
    });
  };
  from.on("data", (piece) => {
    from.pause();
    then(async () => {
      // Called back also where the other end is gone.
      await new Promise((resolve) => to.write(piece, resolve));
      from.resume();
    });
  });
  from.on("end", () => then(() => to.end()));
  from.on("close", () => {
    if (weather.condition === "reset") to.resetAndDestroy();
    else then(() => to.destroy());
  });
  // Told of by `close`.
  from.on("error", () => {});
}
