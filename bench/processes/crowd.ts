import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { RawData, WebSocket } from "ws";
import { seeded } from "../../tests/support/seeded.ts";
import { arrivals } from "../load/arrivals.ts";
import { DIALECTS } from "../load/dialects.ts";
import { openTally, type Round, type Tally } from "../load/tally.ts";
import { answerQuestions } from "../support/child.ts";
import { type Connection, connect, encodeRequest } from "../support/keepAlive.ts";

/** People, who are known by their tokens, and the threads that they write to. */
export interface Party {
  dialect: keyof typeof DIALECTS;
  /** Of the servers: people take turns among them, and so do messages. */
  addresses: string[];
  /** Of the person with the id 1, and so on. */
  tokens: string[];
  threads: { id: number; members: number[] }[];
}

export type CrowdQuestion =
  | { party: Party }
  /** How many sockets each person is to have. */
  | { sockets: number }
  /** Messages a second, for so long. */
  | { rate: number; seconds: number };

/** To each server, for requests. */
const CONNECTIONS = 256;
/** Sockets that are opened at the same time. */
const OPENING = 100;
/** Bytes of a message. */
const LENGTH = 200;
/** Milliseconds after the last message until what has not come counts as missing. */
const PATIENCE = 10_000;

let party: Party;
const sockets: WebSocket[] = [];
const lines: Line[] = [];
const random = seeded(1);
let sent = 0;
let tally: Tally = openTally(0);

answerQuestions<CrowdQuestion>(async (question) => {
  if ("party" in question) {
    party = question.party;
    return "ready";
  }
  if ("sockets" in question) return keepSockets(question.sockets * party.tokens.length);
  return send(question);
});

async function keepSockets(count: number): Promise<number> {
  const surplus = sockets.splice(count);
  for (const socket of surplus) socket.close();
  await Promise.all(surplus.map((socket) => once(socket, "close")));
  while (sockets.length < count) {
    const opening = Array.from({ length: Math.min(OPENING, count - sockets.length) }, (_, n) =>
      openSocket((sockets.length + n) % party.tokens.length),
    );
    sockets.push(...(await Promise.all(opening)));
  }
  return count;
}

/** A person's socket, once the server says that it is ready. */
function openSocket(person: number): Promise<WebSocket> {
  const { dialect, addresses, tokens } = party;
  const token = tokens[person]!;
  const { socket: open, read } = DIALECTS[dialect];
  const socket = open(addresses[person % addresses.length]!.replace("http", "ws"), token);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: RawData) => {
      const frame = data as Buffer;
      const kind = read(frame, token);
      if (kind === "push") receive(frame);
      else if (kind === "ready") resolve(socket);
      else if (kind !== "other") socket.send(kind.answer);
    });
  });
}

/** In every server's frames a message's text is the first one named so, and starts with its number. */
const TEXT = Buffer.from('"text":"Message ');

function receive(frame: Buffer): void {
  const at = frame.indexOf(TEXT);
  if (at < 0) return;
  let message = 0;
  for (let digit = at + TEXT.length; frame[digit] !== 0x20; digit++)
    message = message * 10 + frame[digit]! - 0x30;
  tally.pushed(message, frame.length);
}

function textOf(message: number): string {
  return `Message ${message} `.padEnd(LENGTH, "and so it goes on and on ");
}

interface Posting {
  message: number;
  request: Buffer;
}

/** The connections to one server. Whoever finds none free waits for one. */
interface Line {
  host: string;
  free: Connection[];
  waiting: Posting[];
}

/** Connections take turns, so that none is idle for so long that the server closes it. */
async function openLine(address: string): Promise<Line> {
  const { host, hostname, port } = new URL(address);
  const opening = Array.from({ length: CONNECTIONS }, () => connect(hostname, Number(port)));
  return { host, free: await Promise.all(opening), waiting: [] };
}

async function send(asked: { rate: number; seconds: number }): Promise<Round> {
  if (lines.length === 0) lines.push(...(await Promise.all(party.addresses.map(openLine))));
  const current = openTally(sent);
  tally = current;
  await arrivals(asked, random, (due) => {
    const { id, members } = pick(party.threads);
    const line = lines[sent++ % lines.length]!;
    const message = current.due(due, sockets.length === 0 ? 0 : members.length);
    const request = encodeRequest(line.host, {
      method: "POST",
      path: DIALECTS[party.dialect].path(id),
      token: party.tokens[pick(members) - 1]!,
      body: { text: textOf(message), client_id: randomUUID() },
    });
    const connection = line.free.shift();
    if (connection !== undefined) return void work(line, connection, { message, request }, current);
    current.waited();
    line.waiting.push({ message, request });
  });
  for (const line of lines) line.waiting = [];
  const end = performance.now() + PATIENCE;
  const isSettled = () => lines.every(({ free }) => free.length === CONNECTIONS) && current.missing() === 0;
  while (!isSettled() && performance.now() < end) await sleep(10);
  return current.round();
}

/** A connection posts until nobody waits any more. */
async function work(line: Line, connection: Connection, first: Posting, current: Tally): Promise<void> {
  for (let next: Posting | undefined = first; next !== undefined; next = line.waiting.shift()) {
    const { message, request } = next;
    await connection.send(request).then(() => current.acknowledged(message), current.refused);
  }
  line.free.push(connection);
}

function pick<Value>(values: readonly Value[]): Value {
  return values[Math.floor(random() * values.length)]!;
}
