import type { UserIdKind } from "@colloquy/protocol";
import type { ApiDescription } from "./http/index.ts";
import { acceptedCredentials } from "./people/credentials.ts";
import { EXAMPLE_USERS, ID_WORDS } from "./policies/userIds.ts";
import type { Settings } from "./settings.ts";

/** What the OpenAPI document of a server of these settings says, besides what each resource says of itself. */
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

const introduction = (ids: UserIdKind) => `Conversations that are partly scripted: a schema asks, people talk.

- **Who asks** is told by what stands under Authentication. The order of refusals is: who asks (401), may they (403), the method (405), the body (400, 413, 415), the object (404).
- **Errors** of fields are 400 and come all at once: \`{"text": ["This field is required."]}\`. All others are \`{"detail": "Not found."}\`.
- **Ids** are integers${ids === "integer" ? "" : `, but those of users are ${ID_WORDS[ids]}`}. Times are UTC, in ISO 8601. What is absent is null, and keys are always there.
- **Lists** come in pages, \`{"next", "previous", "results"}\`. Their filters take lookups: \`id__gt=5\`, \`created__lt=2030-01-01\`, \`type__in=a,b\`; the others are \`gte\`, \`lte\`, \`isnull\`, \`icontains\` and \`istartswith\`.
- **\`?fields=id,users_data__id\`** trims any answer to these names.
- **An \`Idempotency-Key\`** makes a POST safe to repeat for a day.
- Fields of a body that are not known are ignored.
- What happens is pushed over a socket at \`/ws\`; [a ticket](#tag/realtime) opens it.`;

const TAGS = {
  threads: "Conversations: their title, their state, and how a schema leads their reader.",
  members: "Who takes part in a thread, with which rights, and which schema leads them.",
  messages: "What is said in a thread, by people and by schemas; and what of it is read.",
  surveys: "Schemas answered as a form, in any order; and what all answers amount to.",
  schemas: "Questionnaires as those who answer them see them.",
  authoring: "Questionnaires as their authors see and change them. For superusers.",
  people: "Who the caller is; and the people of a server without a host.",
  realtime: "Sockets, and what somebody without one missed.",
};

function parameters(ids: UserIdKind, threadType: string): ApiDescription["parameters"] {
  const thread = { description: "The id of a thread", example: 1 };
  const survey = { description: "The id of a survey", example: 1 };
  const { operator, patient } = EXAMPLE_USERS[ids];
  return {
    "accounts/:user_id": { description: "The id of a person: the caller's own", example: operator },
    "threads/:type": {
      description: "A type of threads, one of the setting `types.chat`",
      example: threadType,
    },
    "threads/:thread_id": thread,
    "users/:user_id": { description: "The id of a member of the thread", example: patient },
    "messages/:id": { description: "The id of a message", example: 1 },
    "schemas/:key": { description: "A type of schemas, or the id of one schema", example: 1 },
    "schemas/:id": { description: "The id of a schema", example: 1 },
    "surveys/:id": survey,
    "surveys/:survey_id": survey,
    "items/:id": { description: "The id of an answer in the survey", example: 1 },
  };
}
