import { styleText } from "node:util";
import { visible } from "./visible.ts";

type Style = Parameters<typeof styleText>[0];

/** What pino calls its levels, and how they look. */
const LEVELS: Readonly<Record<number, { name: string; style: Style }>> = {
  10: { name: "TRACE", style: "gray" },
  20: { name: "DEBUG", style: "gray" },
  30: { name: "INFO", style: "green" },
  40: { name: "WARN", style: "yellow" },
  50: { name: "ERROR", style: "red" },
  60: { name: "FATAL", style: "red" },
};

/** A line of the log as pino writes it; of a process only its time matters to who watches it. */
interface Line {
  level: number;
  time: number;
  msg?: string;
  pid?: unknown;
  hostname?: unknown;
  req?: { method: string; url: string };
  res?: { statusCode: number };
  err?: { message?: string; stack?: string };
  [name: string]: unknown;
}

/** Writes the log for people, on a terminal or what acts as one. */
export function prettyLog(out: NodeJS.WritableStream): { write(line: string): void } {
  return { write: (line) => void out.write(pretty(JSON.parse(line))) };
}

/** `16:47:58 WARN  what happened, GET /api/threads, 503, name: value`, and the stack of an error beneath. */
export function pretty({ level, time, msg, pid, hostname, req, res, err, ...rest }: Line): string {
  const { name, style } = LEVELS[level] ?? LEVELS[30]!;
  const parts = [
    msg ?? err?.message,
    req && `${req.method} ${req.url}`,
    res?.statusCode,
    ...Object.entries(rest).map(([field, value]) => `${field}: ${textOf(value)}`),
  ];
  const said = parts.filter((part) => part !== undefined).join(", ");
  const stack = err?.stack ?? (msg === undefined ? undefined : err?.message);
  const lines = [
    `${styleText("dim", clock(time))} ${styleText(style, name.padEnd(5))} ${visible(said)}`,
    ...(stack?.split("\n") ?? []).map((line) => `    ${visible(line)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
