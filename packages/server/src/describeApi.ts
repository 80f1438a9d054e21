import type { UserIdKind } from "@colloquy/protocol";
import type { ApiDescription } from "./http/index.ts";
import { acceptedCredentials } from "./people/credentials.ts";
import { EXAMPLE_USERS, ID_WORDS } from "./policies/userIds.ts";
import type { Settings } from "./settings.ts";

/** What the OpenAPI document of a server with these settings says in addition to the definitions of the resources. */
export function describeApi(settings: Settings, version: string): ApiDescription {
  const { ids } = settings.accounts;
  const { perMinutePerIp, perMinutePerUser } = settings.limits;
  return {
    title: "Colloquy",
    version,
    introduction: introduction(ids),
    tags: TAGS,
    parameters: parameters(ids, settings.types.chat[0] ?? "chat"),
    credentials: acceptedCredentials(settings),
    limitsRates: perMinutePerIp > 0 || perMinutePerUser > 0,
    honoursKeys: true,
  };
}

const introduction = (ids: UserIdKind) => `Conversations that are partly scripted.

- **Errors** in fields have status 400 and are reported all at once: \`{"text": ["This field is required."]}\`. All other errors are \`{"detail": "Not found."}\`. They are checked in this order: authentication (401), permission (403), method (405), body (400, 413, 415), object (404).
- **Ids** are integers${ids === "integer" ? "" : `, but those of users are ${ID_WORDS[ids]}`}. Times are in UTC (ISO 8601). Absent values are null; keys are never omitted.
- **Lists** come in pages: \`{"next", "previous", "results"}\`. Filters take lookups: \`id__gt=5\`, \`created__lt=2030-01-01\`, \`type__in=a,b\`; also \`gte\`, \`lte\`, \`isnull\`, \`icontains\` and \`istartswith\`.
- **\`?fields=id,users_data__id\`** limits any response to these fields.
- **An \`Idempotency-Key\`** makes a POST safe to repeat for a day.
- Unknown fields of a body are ignored.
- Events are pushed over a WebSocket at \`/ws\`, which a ticket (see Realtime) opens.`;

const TAGS = {
  threads: "Conversations: their title, their state, and the schema that they run.",
  members: "The members of a thread: their permissions, their state, and their schema.",
  messages: "The messages of a thread, sent by people and by schemas, and what of them is read.",
  attachments: "Pictures and other files of messages, and links to them.",
  surveys:
    "Schemas as forms, whose questions can be answered in any order, and the evaluation of the answers.",
  schemas: "Questionnaires, as the people see them who answer them.",
  authoring: "Questionnaires, as their authors see and change them. Superusers only.",
  people: "The account of the caller, and the accounts of a standalone server.",
  realtime: "Sockets, and the events that a client without a socket missed.",
};

function parameters(ids: UserIdKind, threadType: string): ApiDescription["parameters"] {
  const thread = { description: "The id of a thread", example: 1 };
  const survey = { description: "The id of a survey", example: 1 };
  const { operator, patient } = EXAMPLE_USERS[ids];
  return {
    "accounts/:user_id": { description: "The id of a user, which must be the caller", example: operator },
    "threads/:type": {
      description: "A type of threads: one of the setting `types.chat`",
      example: threadType,
    },
    "threads/:thread_id": thread,
    "users/:user_id": { description: "The id of a member of the thread", example: patient },
    "messages/:id": { description: "The id of a message", example: 1 },
    "messages/:message_id": { description: "The id of a message", example: 1 },
    "attachments/:id": { description: "The id of an attachment of the message", example: 1 },
    "files/:id": { description: "The id of a file", example: 1 },
    "schemas/:key": { description: "The id of a schema, or a type of schemas", example: 1 },
    "schemas/:id": { description: "The id of a schema", example: 1 },
    "surveys/:id": survey,
    "surveys/:survey_id": survey,
    "items/:id": { description: "The id of an answer", example: 1 },
  };
}
