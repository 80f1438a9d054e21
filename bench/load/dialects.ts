import { type ClientOptions, WebSocket } from "ws";

/** What the crowd must know of a server to be its client, at the least cost: it shares the cores with it. */
export interface Dialect {
  socket(address: string, token: string): WebSocket;
  /** What a frame is: the socket is ready, a message was pushed, or an answer is wanted at once. */
  read(frame: Buffer, token: string): "ready" | "push" | "other" | { answer: string };
  /** Where a message to a thread is posted. */
  path(thread: number): string;
}

const OPTIONS: ClientOptions = { perMessageDeflate: false, skipUTF8Validation: true };

const colloquy: Dialect = {
  socket: (address, token) =>
    new WebSocket(`${address}/ws`, { ...OPTIONS, headers: { authorization: `Bearer ${token}` } }),
  read(frame) {
    const start = frame.toString("latin1", 0, 40);
    if (start.startsWith('{"message":"message_created_or_updated"')) return "push";
    return start.startsWith('{"message":"hello"') ? "ready" : "other";
  },
  path: (thread) => `/api/threads/${thread}/messages`,
};

/** Engine.IO's packets are told by the first character, those of Socket.IO in its messages by the second. */
const socketIo: Dialect = {
  socket: (address) => new WebSocket(`${address}/socket.io/?EIO=4&transport=websocket`, OPTIONS),
  read(frame, token) {
    const type = frame.toString("latin1", 0, 2);
    if (type === "42") return "push";
    if (type === "2") return { answer: "3" };
    if (type === "40") return "ready";
    if (type === "44") throw new Error(`The peer refused a socket: ${frame}`);
    return type[0] === "0" ? { answer: `40${JSON.stringify({ token })}` } : "other";
  },
  path: (thread) => `/threads/${thread}/messages`,
};

/** Of bench/peer/broadcast.ts, where a person is a number and nobody writes. */
const bare: Dialect = {
  socket: (address, token) => new WebSocket(`${address}/${token}`, OPTIONS),
  read: (frame) => (frame.length === 5 ? "ready" : "push"),
  path: () => "/",
};

export const DIALECTS = { colloquy, socketIo, bare };
