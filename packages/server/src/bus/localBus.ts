import type { Bus, Wake } from "./bus.ts";

type Heard = (wake: Wake) => void;

/** Those that share a database of this process, which no other process can have open. */
const nodes = new WeakMap<object, Map<Bus, Set<Heard>>>();

/** Wake-ups among the nodes of one process: several of them on one embedded database, mostly one. */
export function openLocalBus(database: object): Bus {
  const together = nodes.get(database) ?? new Map<Bus, Set<Heard>>();
  nodes.set(database, together);
  const hearers = new Set<Heard>();
  const bus: Bus = {
    kind: "local",
    publish(wake) {
      if (!together.has(bus)) return;
      for (const [other, others] of together) if (other !== bus) for (const heard of others) heard(wake);
    },
    subscribe: (heard) => void hearers.add(heard),
    isConnected: () => true,
    async close() {
      together.delete(bus);
    },
  };
  together.set(bus, hearers);
  return bus;
}
