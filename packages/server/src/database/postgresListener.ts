import { Client, type ClientConfig } from "pg";

/** A connection of its own that hears what any session notifies on one channel, and notifies others. */
export interface Listener {
  /** Sends a payload of at most 7,999 bytes; false where it could not be sent. */
  notify(payload: string): Promise<boolean>;
  isConnected(): boolean;
  close(): Promise<void>;
}

const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Listens for ever: a connection that breaks is replaced, after a growing pause. What is said meanwhile is not heard. */
export function openPostgresListener(
  config: ClientConfig,
  channel: string,
  heard: (payload: string) => void,
): Listener {
  let client: Client | null = null;
  let pause = SHORTEST_PAUSE;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let connecting: Promise<void> = connect();

  async function connect(): Promise<void> {
    const next = new Client({ ...config, keepAlive: true });
    let isLost = false;
    const lost = () => {
      // An error is followed by an end, at some time: one loss, and one connection in its place.
      if (isLost) return;
      isLost = true;
      if (client === next) client = null;
      next.end().catch(() => {});
      again();
    };
    next.on("error", lost);
    next.on("end", lost);
    next.on("notification", ({ payload }) => heard(payload ?? ""));
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      // It may have been given up meanwhile, and another taken its place.
      if (isLost || closed) return void next.end().catch(() => {});
      client = next;
      pause = SHORTEST_PAUSE;
    } catch {
      lost();
    }
  }

  function again(): void {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => {
      connecting = connect();
    }, pause);
    timer.unref();
    pause = Math.min(LONGEST_PAUSE, pause * 2);
  }

  return {
    async notify(payload) {
      try {
        if (client === null) return false;
        await client.query("select pg_notify($1, $2)", [channel, payload]);
        return true;
      } catch {
        return false;
      }
    },
    isConnected: () => client !== null,
    async close() {
      closed = true;
      clearTimeout(timer);
      await connecting;
      await client?.end();
    },
  };
}
