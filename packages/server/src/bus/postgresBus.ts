import type { Listen } from "../database/database.ts";
import { type Bus, LOST, type Wake } from "./bus.ts";
import { type OnDrop, openPackets } from "./packets.ts";

const CHANNEL = "colloquy_wake";
/** Milliseconds. */
const GATHERED = 5;
/** Bytes of one notification; PostgreSQL takes less than 8,000. */
const MOST_BYTES = 7_900;

/**
 * Wake-ups over LISTEN and NOTIFY. A notification is a transaction of its own, after the commit that it tells of: one
 * within it would take a lock over all commits.
 */
export function openPostgresBus(listen: Listen, onDrop: OnDrop = () => {}): Bus {
  const hearers = new Set<(wake: Wake) => void>();
  const listener = listen(
    CHANNEL,
    (payload) => {
      for (const wake of packets.read(payload)) for (const heard of hearers) heard(wake);
    },
    () => {
      for (const heard of hearers) heard(LOST);
      if (!listener.isAlone()) packets.add(LOST);
    },
  );
  const packets = openPackets({ gathered: GATHERED, mostBytes: MOST_BYTES, send: listener.notify, onDrop });

  return {
    kind: "postgres",
    publish(wake) {
      if (!listener.isAlone()) packets.add(wake);
    },
    subscribe: (heard) => void hearers.add(heard),
    isConnected: listener.isConnected,
    async close() {
      await packets.sent();
      await listener.close();
    },
  };
}
