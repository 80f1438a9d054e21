import { type NewAttachment, STARTED_RUN, type ThreadChange } from "./threadChange.ts";

const MODE_COLUMNS = `state text, schema_id bigint, question_id bigint, related_message bigint, run_id bigint,
  variables jsonb, on_finish text, initial_question bigint, automated_sender user_ref, frequency_unit text,
  frequency_value integer, repeat_until timestamptz, next_restart timestamptz, permissions integer,
  notifications integer, language text, related_new integer`;

const COPIED = `state = x.state, schema_id = x.schema_id, question_id = x.question_id, variables = x.variables,
  on_finish = x.on_finish, initial_question = x.initial_question, automated_sender = x.automated_sender,
  frequency_unit = x.frequency_unit, frequency_value = x.frequency_value, repeat_until = x.repeat_until,
  next_restart = x.next_restart, permissions = x.permissions, notifications = x.notifications,
  language = x.language`;

/** The run of a row `x`, which may be the one that begins here. */
function runId(has: Has): string {
  return has("run")
    ? `case when x.run_id = ${STARTED_RUN} then (select id from r) else x.run_id end`
    : "x.run_id";
}

/** The related message of a row `x`, which may be one that is new here. */
function relatedMessage(has: Has): string {
  return has("messages")
    ? "coalesce((select n.id from n where n.seq = t.first + x.related_new), x.related_message)"
    : "x.related_message";
}

/**
 * Says again that member `m` is one of the rows `x`: the planner takes every list for a hundred rows, and without
 * this may read all members of the thread.
 */
function isOneOf(rows: string): string {
  return `m.user_id = any(array(select (u ->> 'user_id')::user_ref from jsonb_array_elements(${rows}) u))`;
}

const ATTACHMENT_COLUMNS = `type text, title text, description text, src text, options jsonb, object_id bigint,
  content_type jsonb`;
const FILE_COLUMNS = "id bigint, role text, media_type text, size bigint, width integer, height integer";
const FILED = "role = x.role, media_type = x.media_type, size = x.size, width = x.width, height = x.height";

/** Attachments as rows, each with its place among them, and their files with the place of theirs. */
function withFiles(
  attachments: readonly (NewAttachment & { message?: number; message_new?: number })[],
): object {
  return {
    rows: attachments.map(({ files: _files, ...row }, n) => ({ ...row, n })),
    files: attachments.flatMap(({ files }, n) => files.map((file) => ({ ...file, n }))),
  };
}

/** Attaches the rows of `withFiles` to messages that a join finds. */
function attached(value: string, message: string, join: string): string {
  return `attached as (
      insert into attachment (message_id, type, title, description, src, options, object_id, content_type,
        created, updated)
      select ${message}, x.type, x.title, x.description, x.src, nullif(x.options, 'null'), x.object_id,
        nullif(x.content_type, 'null'), t.now, t.now
      from t cross join jsonb_to_recordset(${value} -> 'rows') as x(n integer, message bigint, message_new integer,
        ${ATTACHMENT_COLUMNS}) join ${join}
      order by x.n returning id)`;
}

/** Gives them their files: from here on nobody removes these. */
function filed(value: string): string {
  return `filed as (
      update file f set attachment_id = a.id, ${FILED}
      from (select id, row_number() over (order by id) - 1 as n from attached) a
      join jsonb_to_recordset(${value} -> 'files') as x(n integer, ${FILE_COLUMNS}) on x.n = a.n
      where f.id = x.id)`;
}

/** Whether the statement has a section of this name. */
export type Has = (section: string) => boolean;

/** A part of the statement, there when the change has what it writes. */
export interface ChangeSection {
  name: string;
  /** One letter for the name of the statement. */
  key: string;
  /** Whether what it writes makes decisions on the old revision void. */
  revises: boolean;
  when: (change: ThreadChange) => boolean;
  value: (change: ThreadChange) => string;
  sql: (value: string, has: Has) => string;
  /** A condition without which nothing of the change is written, as if the thread had another revision. */
  guard?: (value: string) => string;
}

/** That nobody's `client_id` in the rows `x (user_id, client_id)` was used before, by a confirmation. */
function isUnconfirmed(rows: string): string {
  return `not exists (select from ${rows} join confirmation c
    on c.thread_id = $1 and c.user_id = x.user_id and c.client_id = x.client_id)`;
}

const json = (value: unknown): string => JSON.stringify(value);

/** In the order in which the statement names them: a section refers only to those above it. */
export const SECTIONS: ChangeSection[] = [
  {
    name: "run",
    key: "r",
    revises: true,
    when: (change) => change.run !== undefined,
    value: (change) => json(change.run),
    sql: (value) => `r as (
      insert into run (thread_id, user_id, schema_id, passed, started, finished)
      select t.id, x.user_id, x.schema_id, x.passed, t.now, case when x.finished then t.now end
      from t, jsonb_to_record(${value}) as x(user_id user_ref, schema_id bigint, passed bigint[], finished boolean)
      returning id)`,
  },
  {
    name: "messages",
    key: "m",
    revises: false,
    when: ({ messages }) => messages !== undefined && messages.length > 0,
    value: ({ messages }) =>
      json(
        messages!.map(({ attachments = [], ...message }, n) => ({
          answers: [],
          passed: [],
          ...message,
          has_attachments: attachments.length > 0,
          n,
        })),
      ),
    sql: (value, has) => `n as (
      insert into message (thread_id, seq, sender_id, type, text, meta, client_id, related_question, predecessor,
        run_id, run_role, answers, passed, language, has_attachments, created, updated)
      select t.id, t.first + x.n, x.sender_id, x.type, x.text, nullif(x.meta, 'null'), x.client_id, x.related_question,
        x.predecessor, ${runId(has)}, x.run_role, x.answers, x.passed, x.language,
        x.has_attachments, t.now, t.now
      from t, jsonb_to_recordset(${value}) as x(n integer, sender_id user_ref, type text, text text, meta jsonb,
        client_id uuid, related_question bigint, predecessor bigint, run_id bigint, run_role text,
        answers bigint[], passed bigint[], language text, has_attachments boolean)
      order by x.n returning id, seq)`,
    // That no message has it, the table's index sees to.
    guard: (value) =>
      isUnconfirmed(`(select sender_id as user_id, client_id
        from jsonb_to_recordset(${value}) as m(sender_id user_ref, client_id uuid)) x`),
  },
  {
    name: "attachments",
    key: "t",
    revises: false,
    when: ({ messages }) => messages?.some(({ attachments = [] }) => attachments.length > 0) === true,
    value: ({ messages }) =>
      json(
        withFiles(
          messages!.flatMap(({ attachments = [] }, message_new) =>
            attachments.map((attachment) => ({ ...attachment, message_new })),
          ),
        ),
      ),
    sql: (value) => `${attached(value, "n.id", "n on n.seq = t.first + x.message_new")},
    ${filed(value)}`,
  },
  {
    name: "attach",
    key: "b",
    revises: true,
    when: ({ attach }) => attach !== undefined,
    value: ({ attach }) => json(withFiles([{ ...attach!.attachment, message: attach!.message }])),
    sql: (value) => `bearing as (
      update message m set has_attachments = true, updated = t.now
      from t, jsonb_to_recordset(${value} -> 'rows') as x(message bigint)
      where m.id = x.message and m.thread_id = t.id returning m.id),
    ${attached(value, "bearing.id", "bearing on bearing.id = x.message")},
    ${filed(value)}`,
  },
  {
    name: "reattach",
    key: "g",
    revises: true,
    when: ({ reattach }) => reattach !== undefined,
    value: ({ reattach }) => json(reattach),
    sql: (value) => `bearing as (
      update message m set updated = t.now from t where m.id = (${value} ->> 'message')::bigint and m.thread_id = t.id),
    reattached as (
      update attachment a set type = x.type, title = x.title, description = x.description, src = x.src,
        options = nullif(x.options, 'null'), object_id = x.object_id,
        content_type = nullif(x.content_type, 'null'), updated = t.now
      from t, jsonb_to_record(${value} -> 'attachment') as x(${ATTACHMENT_COLUMNS})
      where a.id = (${value} ->> 'id')::bigint),
    released as (
      update file f set attachment_id = null from t
      where f.attachment_id = (${value} ->> 'id')::bigint
        and not f.id = any(array(select (x -> 'id')::bigint from jsonb_array_elements(${value} #> '{attachment,files}') x))),
    refiled as (
      update file f set attachment_id = (${value} ->> 'id')::bigint, ${FILED}
      from t, jsonb_to_recordset(${value} #> '{attachment,files}') as x(${FILE_COLUMNS})
      where f.id = x.id)`,
  },
  {
    name: "detach",
    key: "h",
    revises: true,
    when: ({ detach }) => detach !== undefined,
    value: ({ detach }) => json(detach),
    sql: (value) => `detached as (
      delete from attachment a using t where a.id = (${value} ->> 'id')::bigint),
    bearing as (
      update message m set updated = t.now, has_attachments = exists (
        select from attachment a where a.message_id = m.id and a.id <> (${value} ->> 'id')::bigint)
      from t where m.id = (${value} ->> 'message')::bigint and m.thread_id = t.id)`,
  },
  {
    name: "confirmation",
    key: "i",
    revises: true,
    when: ({ confirmation }) => confirmation !== undefined,
    value: ({ confirmation }) => json(confirmation),
    sql: (value) => `confirmed as (
      insert into confirmation (thread_id, user_id, client_id)
      select t.id, x.user_id, x.client_id from t, jsonb_to_record(${value}) as x(user_id user_ref, client_id uuid))`,
    guard: (value) => `${isUnconfirmed(`jsonb_to_record(${value}) as x(user_id user_ref, client_id uuid)`)}
        and not exists (select from jsonb_to_record(${value}) as x(user_id user_ref, client_id uuid) join message m
          on m.thread_id = $1 and m.sender_id = x.user_id and m.client_id = x.client_id)`,
  },
  {
    name: "edits",
    key: "e",
    revises: true,
    when: ({ edits }) => edits !== undefined && edits.length > 0,
    value: ({ edits }) => json(edits),
    sql: (value) => `versions as (
      insert into message_version (message_id, text, type, meta, written, replaced)
      select m.id, m.text, m.type, m.meta, m.updated, t.now
      from t, jsonb_to_recordset(${value}) as x(id bigint) join message m on m.id = x.id),
    edited as (
      update message m set text = x.text, meta = nullif(x.meta, 'null'), updated = t.now,
        edited = t.now
      from t, jsonb_to_recordset(${value}) as x(id bigint, text text, meta jsonb)
      where m.id = x.id and m.thread_id = t.id)`,
  },
  {
    name: "deletes",
    key: "d",
    revises: true,
    when: ({ deletes }) => deletes !== undefined && deletes.length > 0,
    value: ({ deletes }) => json(deletes),
    sql: (value) => `gone as (
      update message m set deleted = t.now, deletion = t.deletions from t, jsonb_array_elements(${value}) x
      where m.id = x::bigint and m.thread_id = t.id)`,
  },
  {
    name: "everyone",
    key: "a",
    revises: true,
    when: ({ everyone }) => everyone !== undefined,
    value: ({ everyone, members }) =>
      json({ ...everyone, except: members?.map((member) => member.user_id) ?? [] }),
    sql: (value) => `everyone as (
      update member m set state = ${value} ->> 'state', question_id = null, related_message = null,
        next_restart = null, schema_id = case when ${value} ->> 'keepsSchema' = 'true' then m.schema_id end
      from t where m.thread_id = t.id
        and (${value} -> 'only' is null or ${value} -> 'only' @> to_jsonb(m.state))
        and not ${value} -> 'except' @> to_jsonb(m.user_id))`,
  },
  {
    name: "members",
    key: "c",
    revises: true,
    when: ({ members }) => members !== undefined && members.length > 0,
    value: ({ members }) => json(members),
    sql: (value, has) => `modes as (
      update member m set ${COPIED}, run_id = ${runId(has)}, related_message = ${relatedMessage(has)},
        seen = case when m.muted_from is not null and x.notifications & 1 = 1
          then m.seen + int8multirange(int8range(m.muted_from + 1, t.first)) else m.seen end,
        muted_from = case when x.notifications & 1 = 1 then null else coalesce(m.muted_from, t.first - 1) end
      from t, jsonb_to_recordset(${value}) as x(user_id user_ref, ${MODE_COLUMNS})
      where m.thread_id = t.id and m.user_id = x.user_id and ${isOneOf(value)})`,
  },
  {
    name: "pools",
    key: "o",
    revises: true,
    when: ({ pools }) => pools !== undefined && pools.length > 0,
    value: ({ pools, deletes }) => json({ pools, deletes: deletes ?? [] }),
    sql: (value) => `pools as (
      update member m set variables = x.variables,
        related_message = case when ${value} -> 'deletes' @> to_jsonb(m.related_message) then null
          else m.related_message end
      from t, jsonb_to_recordset(${value} -> 'pools') as x(run bigint, user_id user_ref, variables jsonb)
      where m.thread_id = t.id and m.user_id = x.user_id and m.run_id = x.run and ${isOneOf(`(${value} -> 'pools')`)})`,
  },
  {
    name: "joins",
    key: "j",
    revises: true,
    when: ({ joins }) => joins !== undefined && joins.length > 0,
    value: ({ joins }) => json(joins),
    sql: (value, has) => `joined as (
      insert into member (thread_id, user_id, state, schema_id, question_id, related_message, run_id, variables,
        on_finish, initial_question, automated_sender, frequency_unit, frequency_value, repeat_until, next_restart,
        permissions, notifications, language, seen, muted_from, unread_seq, unread_epoch)
      select t.id, x.user_id, x.state, x.schema_id, x.question_id, ${relatedMessage(has)}, ${runId(has)}, x.variables,
        x.on_finish, x.initial_question, x.automated_sender, x.frequency_unit, x.frequency_value, x.repeat_until,
        x.next_restart, x.permissions, x.notifications, x.language,
        int8multirange(int8range(1, t.first)), case when x.notifications & 1 = 1 then null else t.first - 1 end,
        t.first - 1, t.deletions
      from t, jsonb_to_recordset(${value}) as x(user_id user_ref, ${MODE_COLUMNS}))`,
  },
  {
    name: "leaves",
    key: "l",
    revises: true,
    when: ({ leaves }) => leaves !== undefined && leaves.length > 0,
    value: ({ leaves }) => json(leaves),
    sql: (value) => `left_ as (
      delete from member m using t, jsonb_array_elements(${value}) x
      where m.thread_id = t.id and m.user_id = (x #>> '{}')::user_ref
        and m.user_id = any(array(select (u #>> '{}')::user_ref from jsonb_array_elements(${value}) u)))`,
  },
  {
    name: "finished",
    key: "f",
    revises: true,
    when: ({ finishedRuns }) => finishedRuns !== undefined && finishedRuns.length > 0,
    value: ({ finishedRuns }) => json(finishedRuns),
    sql: (value) => `finished as (
      update run set finished = t.now from t, jsonb_array_elements(${value}) x where run.id = x::bigint)`,
  },
  {
    name: "passed",
    key: "p",
    revises: true,
    when: ({ passed }) => passed !== undefined,
    value: ({ passed }) => json(passed),
    sql: (value) => `newest as (
      select m.id from t, message m where m.run_id = (${value} ->> 'run')::bigint and m.deleted is null
      order by m.seq desc limit 1),
    behind as (
      update message m set passed = m.passed || x.questions
      from newest, jsonb_to_record(${value}) as x(questions bigint[]) where m.id = newest.id),
    at_start as (
      update run set passed = run.passed || x.questions
      from t, jsonb_to_record(${value}) as x(run bigint, questions bigint[])
      where run.id = x.run and not exists (select from newest))`,
  },
  {
    name: "unpassed",
    key: "u",
    revises: true,
    when: ({ unpassed }) => unpassed !== undefined && unpassed.length > 0,
    value: ({ unpassed }) => json(unpassed),
    sql: (value) => `unpassed as (
      update message m set passed = '{}' from t, jsonb_array_elements(${value}) x where m.id = x::bigint)`,
  },
  {
    name: "events",
    key: "v",
    revises: false,
    when: ({ events }) => events.length > 0,
    value: ({ events }) => json(events.map((event, n) => ({ data: {}, ...event, n }))),
    sql: (value, has) => `logged as (
      insert into event (thread_id, seq, user_id, type, data, created)
      select t.id, t.event_seq - $4::int + 1 + x.n, x.user_id, x.type,
        x.data || jsonb_build_object('thread', t.id)${
          has("messages")
            ? `
        || case when x.message_new is null then '{}' else
          jsonb_build_object('message', (select n.id from n where n.seq = t.first + x.message_new)) end`
            : ""
        }, t.now
      from t, jsonb_to_recordset(${value}) as x(n integer, user_id user_ref, type text, data jsonb, message_new integer)
      order by x.n)`,
  },
];
