import { once } from "node:events";
import { createConnection } from "node:net";

export interface HttpRequest {
  method: "GET" | "POST";
  path: string;
  token: string;
  body?: object;
}

export interface Connection {
  /** Sends one request and waits for the whole answer. @throws where its status is not a success */
  send(request: Buffer): Promise<void>;
}

export function encodeRequest(host: string, { method, path, token, body }: HttpRequest): Buffer {
  const json = body === undefined ? "" : JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token}`,
    ...(json === "" ? [] : ["content-type: application/json", `content-length: ${Buffer.byteLength(json)}`]),
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${json}`);
}

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * A keep-alive connection that knows no more of HTTP than the server needs. The load shares its cores with
 * server and database; undici takes about twice as much of them for the same requests.
 */
export async function connect(hostname: string, port: number): Promise<Connection> {
  const socket = createConnection({ host: hostname, port, noDelay: true });
  await once(socket, "connect");
  let received: Buffer[] = [];
  let size = 0;
  let wanted = 0;
  let waiting = Promise.withResolvers<void>();

  socket.on("data", (chunk) => {
    received.push(chunk);
    size += chunk.length;
    if (wanted === 0) wanted = lengthOf(received.length === 1 ? chunk : Buffer.concat(received));
    if (wanted === 0 || size < wanted) return;
    const answer = Buffer.concat(received);
    received = [];
    size = 0;
    wanted = 0;
    if (answer[9] === 0x32) waiting.resolve();
    else waiting.reject(new Error(`The server refused: ${answer}`));
  });
  socket.on("error", (error) => waiting.reject(error));
  socket.on("close", () => waiting.reject(new Error("The server closed the connection")));

  return {
    send(request) {
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
  };
}

/** Bytes of an answer, head and body; 0 while its head is not complete. */
function lengthOf(start: Buffer): number {
  const head = start.indexOf(HEAD_END);
  if (head < 0) return 0;
  const length = /content-length: (\d+)/i.exec(start.toString("latin1", 0, head))?.[1] ?? "0";
  return head + HEAD_END.length + Number(length);
}
