import { collectDefaultMetrics, Registry } from "prom-client";

let registry: Registry | null = null;

/**
 * What the process uses: event loop, garbage collection, memory, processor. Made once, however many Colloquys ask, as
 * what it observes cannot be let go again; and not before one does.
 */
export function processMetrics(): Registry {
  if (registry === null) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
