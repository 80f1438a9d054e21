import { Client, type ClientConfig } from "pg";
import type { Listener } from "./port.ts";
import { streamOf } from "./silence.ts";

/** Whoever listens holds this lock, shared, so that each can count them: [class, object]. */
const LISTENING = [1_668_246_636, 1];
const LISTENERS = `select count(*) as listeners from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())
  and classid = ${LISTENING[0]} and objid = ${LISTENING[1]} and objsubid = 2`;
/** Milliseconds between two counts, and for an answer to anything: a connection that gives none is lost. */
const COUNTED = 5_000;
const PATIENCE = 5_000;

/** Milliseconds for the server to close its end of a connection that we leave. */
const GOODBYE = 1_000;
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Says goodbye, and leaves without an answer where none comes soon. */
async function leave(client: Client): Promise<void> {
  const timer = setTimeout(() => streamOf(client).destroy(), GOODBYE);
  await client.end().finally(() => clearTimeout(timer));
}

/** Listens for ever: a connection that breaks is replaced, after a growing pause. What is said meanwhile is not heard. */
export function openPostgresListener(
  config: ClientConfig,
  channel: string,
  heard: (payload: string) => void,
  restored: () => void = () => {},
): Listener {
  let client: Client | null = null;
  /** The last one made, whether it is connected or not. */
  let newest: Client | null = null;
  /** Nobody else listened when it was last counted, and nobody has said a word since. */
  let isAlone = false;
  let wasConnected = false;
  /** What others have said so far. */
  let foreign = 0;
  let pause = SHORTEST_PAUSE;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let connecting: Promise<void> = connect();

  async function connect(): Promise<void> {
    const next = new Client({ ...config, keepAlive: true, query_timeout: PATIENCE });
    newest = next;
    let isLost = false;
    let backend: number | null = null;
    const lost = () => {
      // An error is followed by an end, at some time: one loss, and one connection in its place.
      if (isLost) return;
      isLost = true;
      if (client === next) {
        client = null;
        isAlone = false;
      }
      next.end().catch(() => {});
      again();
    };
    next.on("error", lost);
    next.on("end", lost);
    next.on("notification", ({ payload, processId }) => {
      if (processId !== backend) {
        isAlone = false;
        foreign += 1;
      }
      heard(payload ?? "");
    });
    try {
      await next.connect();
      await next.query(`select pg_advisory_lock_shared(${LISTENING})`);
      await next.query(`listen ${channel}`);
      // Says that there is somebody else now: a lone one has not told anybody anything.
      const { rows } = await next.query("select pg_backend_pid() as pid, pg_notify($1, '')", [channel]);
      backend = rows[0].pid;
      // It may have been given up meanwhile, and another taken its place.
      if (isLost || closed) return void next.end().catch(() => {});
      client = next;
      pause = SHORTEST_PAUSE;
      if (wasConnected) restored();
      wasConnected = true;
      await count();
    } catch {
      lost();
    }
  }

  /** Whoever came while it was counted has said so: that may be heard before the answer is. */
  async function count(): Promise<void> {
    const [asked, heardBefore] = [client, foreign];
    const result = await asked?.query(LISTENERS).catch(() => null);
    if (result && asked === client && foreign === heardBefore)
      isAlone = Number(result.rows[0].listeners) === 1;
  }
  const counting = setInterval(count, COUNTED);
  counting.unref();

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
    isAlone: () => isAlone,
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(counting);
      if (newest !== null) await leave(newest);
      await connecting;
    },
  };
}
