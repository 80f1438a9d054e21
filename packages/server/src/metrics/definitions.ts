import type { Pushes } from "@colloquy/protocol";

/** All that Colloquy measures of itself. The table in docs/operating.md is generated from this. */
export interface Definition {
  /** What it counts, in which unit. */
  help: string;
  /** What tells its kinds apart. Kinds are words of the program, never anybody's id, name, text or address. */
  label?: string;
  /** All kinds there are, where they are known; they begin at 0. */
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

/** They only grow. */
export const COUNTERS = {
  messages_posted_total: { help: "Messages written, those of schemas too" },
  answers_total: {
    help: "Answers written",
    label: "in",
    kinds: ["chat", "survey"],
  },
  runs_started_total: { help: "Runs of schemas begun in threads" },
  runs_finished_total: { help: "Runs that came to their end" },
  surveys_started_total: { help: "Surveys begun" },
  surveys_completed_total: { help: "Surveys of which all that is required was answered" },
  rate_limited_total: {
    help: "What was refused for coming too fast, by the limit that it met",
    label: "limit",
    kinds: ["address", "person", "writing", "frames", "sockets"],
  },
  sockets_opened_total: { help: "Sockets opened" },
  sockets_closed_total: {
    help: "Sockets closed: by their client or the network, for reading too slowly (1013), for leaving a ping unanswered, by a server that stops (1012), for sending too much, or since their user is nobody any more (both 1008), by a fault (1011)",
    label: "reason",
    kinds: ["client", "slow_reader", "heartbeat", "going_away", "flood", "unknown_user", "fault"],
  },
  frames_pushed_total: { help: "Frames pushed, by name", label: "name", kinds: FRAMES },
  resumes_total: {
    help: "Clients that came back with a token: told what they missed, or to fetch anew",
    label: "outcome",
    kinds: ["resumed", "resync"],
  },
  syncs_total: { help: "Those of them that asked over `/sync`" },
  bus_published_total: { help: "Wake-ups for the other nodes", label: "bus" },
  bus_heard_total: { help: "Wake-ups from other nodes", label: "bus" },
  bus_dropped_total: {
    help: "Wake-ups that were not sent, as the bus was gone or too many waited: the sweeps tell of them",
  },
  sweep_events_total: { help: "Events that the sweep of the log came by: all that any node wrote" },
  database_statements_total: { help: "Statements answered, by name", label: "statement" },
  database_statement_seconds_total: {
    help: "Seconds until they were, without the wait for a connection",
    label: "statement",
  },
  faults_total: { help: "Tasks in the background that failed; each is in the log, and is tried again" },
} as const satisfies Record<string, Definition>;

/** How one number comes of those of several processes. */
export type Sum = "sum" | "max";

/** As it is now. */
export const GAUGES = {
  nodes: { help: "Processes that are summed here", of: "sum" },
  sockets_open: { help: "Sockets open", of: "sum" },
  sockets_buffered_bytes: { help: "Bytes that wait for readers; a socket may have 1 MiB", of: "sum" },
  bus_connected: { help: "Processes whose bus is connected", label: "bus", of: "sum" },
  database_connections: {
    help: "Connections of the pools",
    label: "state",
    kinds: ["busy", "idle"],
    of: "sum",
  },
  database_connections_max: { help: "Connections that the pools may have", of: "sum" },
  database_waiting: { help: "Those who wait for a connection", of: "sum" },
  log_oldest_event_seconds: { help: "Age of the oldest event in the log, in seconds", of: "max" },
  log_events: { help: "Events in the log, as PostgreSQL last estimated", of: "max" },
  host_behind_seconds: {
    help: "Age of the oldest event that the host's handlers have not had, in seconds",
    of: "max",
  },
} as const satisfies Record<string, Definition & { of: Sum }>;

interface Distribution {
  help: string;
  labels: readonly string[];
  /** Upper bounds, in seconds. */
  buckets: readonly number[];
}

/** How seconds are distributed. */
export const HISTOGRAMS = {
  http_request_seconds: {
    help: "Seconds from a request to the end of its answer",
    labels: ["method", "route", "status"],
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  push_delay_seconds: {
    help: "Seconds from the commit of a thread's event, by the database's clock, until it is pushed to all who listen here; what is told again to who came back is left out",
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
} as const satisfies Record<string, Distribution>;

/** Before every name. */
export const PREFIX = "colloquy_";
