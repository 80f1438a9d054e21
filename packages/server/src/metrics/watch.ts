import type { Bus } from "../bus/bus.ts";
import type { Database } from "../database/database.ts";
import { openLogState } from "./logState.ts";
import type { Metrics } from "./metrics.ts";

/** Measures a database, which other Colloquys may use too. Answers how to stop. */
export function watchDatabase(metrics: Metrics, db: Database): () => void {
  // Looked at in this order: the look at the log needs a connection itself.
  metrics.gauge("database_connections", () => {
    const { open, idle } = db.connections();
    return { busy: open - idle, idle };
  });
  metrics.gauge("database_connections_max", () => db.connections().most);
  metrics.gauge("database_waiting", () => db.connections().waiting);
  const log = openLogState(db);
  metrics.gauge("log_oldest_event_seconds", async () => (await log()).oldest);
  metrics.gauge("log_events", async () => (await log()).events);
  metrics.gauge("host_behind_seconds", async () => (await log()).behind);
  return db.watch((statement, seconds) => {
    metrics.countOf("database_statements_total", statement);
    metrics.countOf("database_statement_seconds_total", statement, seconds);
  });
}

/** A bus whose wake-ups are counted. */
export function countedBus(metrics: Metrics, bus: Bus): Bus {
  const { kind } = bus;
  metrics.countOf("bus_published_total", kind, 0);
  metrics.countOf("bus_heard_total", kind, 0);
  metrics.gauge("bus_connected", () => ({ [kind]: bus.isConnected() ? 1 : 0 }));
  bus.subscribe(() => metrics.countOf("bus_heard_total", kind));
  return {
    ...bus,
    publish(wake) {
      metrics.countOf("bus_published_total", kind);
      bus.publish(wake);
    },
  };
}
