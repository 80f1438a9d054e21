import type { UserId } from "../../packages/server/src/index.ts";
/** A frame as received; its data is looked into without describing it first. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Frame = { message: string; data: any; event?: string };

/** A user's socket from a client's side. */
export interface TestSocket {
  /** All that was received so far, `hello` first. */
  frames: Frame[];
  /** The first frame that matches and was not given before; waits for it, a minute at most. */
  next(matches?: (frame: Frame) => boolean): Promise<Frame>;
  /** Sends a frame; text and bytes go out as they are. */
  send(frame: unknown): void;
  /** The code with which the connection ended, once it has. */
  closed: Promise<number>;
  close(): Promise<void>;
}

/** What a header says in UTF-8, whose bytes `fetch` and `WebSocket` want one by one. */
export function header(id: UserId): string {
  return Buffer.from(String(id)).toString("latin1");
}

const PATIENCE = 60_000;

/** Opens a socket, under `auth.dev` as a user, and waits for its `hello`. */
export async function openSocket(
  url: string,
  user: UserId | null,
  headers: Record<string, string> = {},
): Promise<TestSocket> {
  const who: Record<string, string> = user === null ? {} : { "x-user-id": header(user) };
  const socket = new WebSocket(url, { headers: { ...who, ...headers } });
  const frames: Frame[] = [];
  const given = new Set<Frame>();
  const arrived = new EventTarget();
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(String(data)) as Frame);
    arrived.dispatchEvent(new Event("frame"));
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code));
  });

  function next(matches: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = frames.find((frame) => !given.has(frame) && matches(frame));
        if (found === undefined) return;
        given.add(found);
        arrived.removeEventListener("frame", look);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        arrived.removeEventListener("frame", look);
        reject(new Error(`No such frame among ${JSON.stringify(frames).slice(0, 2_000)}`));
      }, PATIENCE);
      arrived.addEventListener("frame", look);
      look();
    });
  }

  const hello = next(({ message }) => message === "hello");
  const refused = closed.then((code) => {
    throw new Error(`The socket was not opened: ${code}`);
  });
  await Promise.race([hello, refused]);
  return {
    frames,
    next,
    closed,
    send: (frame) =>
      socket.send(
        typeof frame === "string" || frame instanceof Uint8Array ? (frame as string) : JSON.stringify(frame),
      ),
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** The unread count of a thread that a client of frames like these shows at last; null where it was told of none. */
export function lastUnread(frames: readonly Frame[]): number | null {
  let unread: number | null = null;
  for (const { message, data } of frames)
    if (message === "unread_changed") unread = data.unread;
    else if (message === "message_created_or_updated") unread = data.thread_data.unread;
  return unread;
}
