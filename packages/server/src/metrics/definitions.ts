import type { Pushes } from "@colloquy/protocol";

/** A metric. The table in docs/operating.md is generated from these. */
export interface Definition {
  /** What it measures, and in which unit. */
  help: string;
  /** Its label. The values are words of the program, never an id, a name, a text or an address. */
  label?: string;
  /** All values of the label, where they are known; they begin at 0. */
  kinds?: readonly string[];
}

const FRAMES = Object.keys({
  hello: true,
  message_created_or_updated: true,
  thread_someone_is_writing: true,
  thread_updated: true,
  unread_changed: true,
  survey_updated: true,
  resumed: true,
  resync: true,
  error: true,
} satisfies Record<keyof Pushes, true>) as (keyof Pushes)[];

/** Counters only grow. */
export const COUNTERS = {
  messages_posted_total: { help: "Messages written, including those of schemas" },
  answers_total: {
    help: "Answers written",
    label: "in",
    kinds: ["chat", "survey"],
  },
  runs_started_total: { help: "Runs started in threads" },
  runs_finished_total: { help: "Runs that reached the end of their schema" },
  surveys_started_total: { help: "Surveys started" },
  surveys_completed_total: { help: "Surveys completed: all required questions answered" },
  rate_limited_total: {
    help: "Requests, frames and sockets refused by a limit",
    label: "limit",
    kinds: ["address", "person", "writing", "frames", "sockets"],
  },
  sockets_opened_total: { help: "Sockets opened" },
  sockets_closed_total: {
    help: "Sockets closed: by the client or the network (`client`), since the client read too slowly (`slow_reader`, code 1013), did not reply to a ping (`heartbeat`) or sent too much (`flood`, 1008), since the server stopped (`going_away`, 1012), since the user no longer exists (`unknown_user`, 1008), or by an error (`fault`, 1011)",
    label: "reason",
    kinds: ["client", "slow_reader", "heartbeat", "going_away", "flood", "unknown_user", "fault"],
  },
  frames_pushed_total: { help: "Frames pushed, by name", label: "name", kinds: FRAMES },
  resumes_total: {
    help: "Clients that reconnected with a token, and got what they missed (`resumed`) or must fetch everything again (`resync`)",
    label: "outcome",
    kinds: ["resumed", "resync"],
  },
  syncs_total: { help: "Those of them that used `/sync`" },
  bus_published_total: { help: "Wake-ups sent to other nodes", label: "bus" },
  bus_heard_total: { help: "Wake-ups received from other nodes", label: "bus" },
  bus_dropped_total: {
    help: "Wake-ups not sent, since the bus was down or its queue full; the sweep of the log makes up for them",
  },
  sweep_events_total: { help: "Events read by the sweep of the log: those of all nodes" },
  database_statements_total: { help: "SQL statements completed", label: "statement" },
  database_statement_seconds_total: {
    help: "Time that they took, without waiting for a connection",
    label: "statement",
  },
  faults_total: { help: "Background tasks that failed; each is logged and tried again" },
} as const satisfies Record<string, Definition>;

/** How the values of several processes are combined. */
export type Sum = "sum" | "max";

/** Gauges: the value at present. */
export const GAUGES = {
  nodes: { help: "Processes included in these metrics", of: "sum" },
  sockets_open: { help: "Open sockets", of: "sum" },
  sockets_buffered_bytes: {
    help: "Bytes waiting to be read by clients, at most 1 MiB per socket",
    of: "sum",
  },
  bus_connected: { help: "Processes whose bus is connected", label: "bus", of: "sum" },
  database_connections: {
    help: "Database connections",
    label: "state",
    kinds: ["busy", "idle"],
    of: "sum",
  },
  database_connections_max: { help: "Most database connections allowed", of: "sum" },
  database_waiting: { help: "Tasks that wait for a database connection", of: "sum" },
  log_oldest_event_seconds: { help: "Age of the oldest event in the log", of: "max" },
  log_events: { help: "Events in the log, by PostgreSQL's last estimate", of: "max" },
  host_behind_seconds: {
    help: "Age of the oldest event that the host's handlers have not handled",
    of: "max",
  },
} as const satisfies Record<string, Definition & { of: Sum }>;

interface Distribution {
  help: string;
  labels: readonly string[];
  /** Upper bounds, in seconds. */
  buckets: readonly number[];
}

/** Distributions of durations in seconds. */
export const HISTOGRAMS = {
  http_request_seconds: {
    help: "Time from a request to the end of its response",
    labels: ["method", "route", "status"],
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  push_delay_seconds: {
    help: "Time from the commit of a thread's event, by the database's clock, until this node has pushed it to all its followers; frames sent again on reconnecting are not included",
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
} as const satisfies Record<string, Distribution>;

/** The prefix of every name. */
export const PREFIX = "colloquy_";
