import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { pino } from "pino";
import { expect, it } from "vitest";
import { loggerOptions, prettyLogTo } from "./logging.ts";

/** What is logged, by default on a terminal, as it stands there. */
function written(log: (logger: pino.Logger) => void, format?: "pretty" | "json", isTTY = true): string {
  const out = Object.assign(new PassThrough(), { isTTY }) as unknown as WriteStream;
  const stream = prettyLogTo(out, format);
  if (stream === undefined) return "json";
  log(pino(loggerOptions("info"), stream));
  return stripVTControlCharacters(String((out as unknown as PassThrough).read() ?? ""));
}

it("is for people on a terminal and for programs elsewhere, unless it is told otherwise", () => {
  const log = (logger: pino.Logger) => logger.warn("Careful");
  const line = /^\d\d:\d\d:\d\d WARN {2}Careful\n$/;
  expect(written(log)).toMatch(line);
  expect(written(log, "json")).toBe("json");
  expect(written(log, undefined, false)).toBe("json");
  expect(written(log, "pretty", false)).toMatch(line);
});

it("says on a line what happened, to which request and with what, and shows the stack of an error beneath", () => {
  const lines = written((logger) => {
    const child = logger.child({ reqId: "7f" });
    child.info({ req: { method: "GET", url: "/api/ws?token=abc" } }, "incoming request");
    child.info({ res: { statusCode: 200 }, responseTime: 1.5 }, "request completed");
    logger.error({ err: new Error("It broke") }, "request failed");
    logger.error(new Error("Alone"));
    logger.debug("not wanted");
  }).split("\n");
  const [incoming, completed, failed, first, second] = lines.map((line) => line.replace(/^[\d:]+ /, ""));
  expect([incoming, completed]).toEqual([
    "INFO  incoming request, GET /api/ws?token=[redacted], reqId: 7f",
    "INFO  request completed, 200, reqId: 7f, responseTime: 1.5",
  ]);
  expect([failed, first]).toEqual(["ERROR request failed", "    Error: It broke"]);
  expect(second).toMatch(/^ {4,}at .*prettyLog\.test\.ts/);
  expect(lines.join("\n")).toContain("ERROR Alone\n    Error: Alone\n");
});

it("lets nobody who is logged write on the terminal, or a line of their own", () => {
  const nasty = "a\u001b[2J\u009b2J\r\n12:00:00 INFO fine\u2028\u202eb";
  const escaped = "a\\u001b[2J\\u009b2J\\u000d\\u000a12:00:00 INFO fine\\u2028\\u202eb";
  const out = written((logger) => logger.warn({ name: nasty, req: { method: "GET", url: nasty } }, nasty));
  expect(out.replace(/^[\d:]+ /, "")).toBe(`WARN  ${escaped}, GET ${escaped}, name: ${escaped}\n`);
  const stack = written((logger) => logger.error(new Error("one\u001b[2J\ntwo")));
  expect(stack).toContain("\n    Error: one\\u001b[2J\n    two\n");
});
