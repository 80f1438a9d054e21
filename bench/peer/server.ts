import Fastify from "fastify";
import { jwtVerify } from "jose";
import { Pool, type PoolClient, type QueryConfig, types } from "pg";
import { Server } from "socket.io";

/**
 * A chat as Node developers write it by hand, with Fastify, Socket.IO and `pg`, for Colloquy to be measured against.
 *
 * It does, for each message: who sends it, by a bearer token; whether they are a member; the thread's next number,
 * under its lock; the same `client_id` of the same sender only once; one more unread for everybody else; COMMIT;
 * 201; and the message to all sockets of the thread's members. Statements are prepared once per connection.
 *
 * It does not: tell anybody after a dropped connection what they missed, or look again whether somebody is still a
 * member when it pushes. Everybody gets the same frame, without their unread count, who else is in the thread, or
 * whether the message is their own, so that Socket.IO writes it once for all. Unread counts are a row per member, which
 * costs the more the larger a thread is. Two messages that are committed at almost the same time may be pushed in
 * the other order. There is one process only.
 */
const { PEER_DATABASE, PEER_SECRET } = process.env;
const pool = new Pool({ connectionString: PEER_DATABASE!, max: 10 });
const key = new TextEncoder().encode(PEER_SECRET!);
types.setTypeParser(types.builtins.INT8, Number);

interface Message {
  id: number;
  thread: number;
  seq: number;
  sender: number;
  client_id: string;
  text: string;
  created: Date;
}

const COLUMNS = "id, thread_id as thread, seq, sender_id as sender, client_id, text, created";
const isMember = (thread: number, user: number): QueryConfig => ({
  name: "is_member",
  text: "select 1 from member where thread_id = $1 and user_id = $2",
  values: [thread, user],
});
const nextSeq = (thread: number): QueryConfig => ({
  name: "next_seq",
  text: "update thread set seq = seq + 1 where id = $1 returning seq",
  values: [thread],
});
const insertMessage = (thread: number, seq: number, sender: number, draft: Draft): QueryConfig => ({
  name: "insert_message",
  text: `insert into message (thread_id, seq, sender_id, client_id, text) values ($1, $2, $3, $4, $5)
    on conflict (thread_id, sender_id, client_id) do nothing returning ${COLUMNS}`,
  values: [thread, seq, sender, draft.client_id, draft.text],
});
const findMessage = (thread: number, sender: number, clientId: string): QueryConfig => ({
  name: "find_message",
  text: `select ${COLUMNS} from message where thread_id = $1 and sender_id = $2 and client_id = $3`,
  values: [thread, sender, clientId],
});
const countUnread = (thread: number, sender: number): QueryConfig => ({
  name: "count_unread",
  text: "update member set unread = unread + 1 where thread_id = $1 and user_id <> $2",
  values: [thread, sender],
});
const threadsOf = (user: number): QueryConfig => ({
  name: "threads_of",
  text: "select thread_id from member where user_id = $1",
  values: [user],
});

interface Draft {
  text: string;
  client_id: string;
}

const DRAFT = {
  type: "object",
  required: ["text", "client_id"],
  properties: { text: { type: "string", maxLength: 4_096 }, client_id: { type: "string", format: "uuid" } },
};

const app = Fastify();
const io = new Server(app.server, { transports: ["websocket"], perMessageDeflate: false });

io.use(async (socket, next) => {
  try {
    const user = await userOf(String(socket.handshake.auth.token));
    const { rows } = await pool.query<{ thread_id: number }>(threadsOf(user));
    socket.data.rooms = rows.map((row) => roomOf(row.thread_id));
    next();
  } catch (error) {
    next(error as Error);
  }
});
io.on("connection", (socket) => socket.join(socket.data.rooms as string[]));

app.post<{ Params: { id: number }; Body: Draft }>(
  "/threads/:id/messages",
  { schema: { params: { type: "object", properties: { id: { type: "integer" } } }, body: DRAFT } },
  async ({ headers, params, body }, reply) => {
    const user = await userOf(headers.authorization?.replace(/^Bearer /, "") ?? "").catch(() => null);
    if (user === null) return reply.code(401).send({ detail: "Who are you?" });
    const { message, created } = await post(params.id, user, body);
    if (message === null) return reply.code(404).send({ detail: "There is no such thread." });
    if (created) io.to(roomOf(params.id)).emit("message", message);
    return reply.code(created ? 201 : 200).send(message);
  },
);

async function userOf(token: string): Promise<number> {
  const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], requiredClaims: ["exp", "sub"] });
  return Number(payload.sub);
}

function roomOf(thread: number): string {
  return `thread:${thread}`;
}

/** What was posted before under the same `client_id` is the answer again; null for who is no member. */
async function post(
  thread: number,
  user: number,
  draft: Draft,
): Promise<{ message: Message | null; created: boolean }> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const member = await client.query(isMember(thread, user));
    const message = member.rowCount === 0 ? null : await write(client, thread, user, draft);
    await client.query(message ? "commit" : "rollback");
    if (message !== undefined) return { message, created: true };
    const { rows } = await client.query<Message>(findMessage(thread, user, draft.client_id));
    return { message: rows[0]!, created: false };
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

async function write(
  client: PoolClient,
  thread: number,
  user: number,
  draft: Draft,
): Promise<Message | undefined> {
  const next = await client.query<{ seq: number }>(nextSeq(thread));
  const written = await client.query<Message>(insertMessage(thread, next.rows[0]!.seq, user, draft));
  if (written.rowCount === 1) await client.query(countUnread(thread, user));
  return written.rows[0];
}

const address = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`The peer listens on ${address}`);
