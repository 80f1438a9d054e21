import { expect, test } from "vitest";
import { parseMetrics } from "../../../../tests/support/metrics.ts";
import { openMetrics } from "./openMetrics.ts";
import { textOf } from "./readings.ts";

test("what processes count is summed; of what they share, the most is told", async () => {
  const nodes = [2, 5].map((count) => {
    const node = openMetrics();
    node.count("messages_posted_total", count);
    node.countOf("answers_total", "chat", count);
    node.countOf("database_statements_total", `only_${count}`);
    node.request("GET", "/x", 200, 0.02 * count);
    node.gauge("sockets_open", () => count);
    node.gauge("database_connections", () => ({ busy: count, idle: 1 }));
    node.gauge("log_oldest_event_seconds", () => count);
    node.gauge("host_behind_seconds", () => (count === 2 ? 7 : null));
    node.gauge("log_events", () => null);
    return node;
  });
  const readings = await Promise.all(nodes.map((node) => node.readings()));
  // As they come from another process.
  const { contentType, text } = await textOf(JSON.parse(JSON.stringify(readings)));
  expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  const all = parseMetrics(text);
  expect(Object.fromEntries(all)).toMatchObject({
    colloquy_nodes: 2,
    colloquy_messages_posted_total: 7,
    'colloquy_answers_total{in="chat"}': 7,
    'colloquy_database_statements_total{statement="only_2"}': 1,
    'colloquy_database_statements_total{statement="only_5"}': 1,
    'colloquy_http_request_seconds_bucket{le="0.05",method="GET",route="/x",status="2xx"}': 1,
    'colloquy_http_request_seconds_count{method="GET",route="/x",status="2xx"}': 2,
    colloquy_sockets_open: 7,
    'colloquy_database_connections{state="busy"}': 7,
    colloquy_log_oldest_event_seconds: 5,
    colloquy_host_behind_seconds: 7,
  });
  expect(all.has("colloquy_log_events")).toBe(false);
});

test("where nobody answers, that is said", async () => {
  expect(parseMetrics((await textOf([])).text)).toEqual(new Map([["colloquy_nodes", 0]]));
});
