/** One entry of the error table. `values` names what a text that is a function takes, in order. */
interface ErrorEntry {
  status: number;
  text: string | ((...values: (string | number)[]) => string);
  values?: readonly string[];
  /** For docs/errors.md: when a client meets it. */
  when: string;
}

/**
 * Every text that an error answer may carry, under a stable name. Sentences are those of Django REST
 * Framework, which clients of chat_api already match on; codes in capitals are its rules' own.
 * `docs/errors.md` is generated from this table.
 */
export const errors = {
  // Whole requests: {"detail": text}
  notAuthenticated: {
    status: 401,
    text: "Authentication credentials were not provided.",
    when: "The request names no user.",
  },
  wrongCredentials: {
    status: 401,
    text: "Incorrect authentication credentials.",
    when: "The token or session is not valid, or no longer.",
  },
  noUserId: {
    status: 401,
    text: (ids) => `The credentials name no user: here users' ids are ${ids}.`,
    values: ["what they are"],
    when: "The `sub` of a good token, or `X-User-Id` in development, cannot be a user's id by `accounts.ids`.",
  },
  denied: {
    status: 403,
    text: "You do not have permission to perform this action.",
    when: "The policy says no; under /threads also where there is no such thread.",
  },
  notFound: { status: 404, text: "Not found.", when: "There is no such address or object." },
  methodNotAllowed: {
    status: 405,
    text: (method) => `Method "${method}" not allowed.`,
    values: ["method"],
    when: "The address does not take this method; `Allow` lists those that it does.",
  },
  parseError: {
    status: 400,
    text: (reason) => `JSON parse error - ${reason}`,
    values: ["reason"],
    when: "The body is not JSON.",
  },
  badRequest: { status: 400, text: "Bad request.", when: "The request itself is malformed." },
  bodyTooSlow: {
    status: 408,
    text: "The request body took too long.",
    when: "The body came more slowly than the setting `http.bodySeconds` allows; the connection is closed.",
  },
  bodyTooLarge: {
    status: 413,
    text: "Request body is too large.",
    when: "The body exceeds the setting `http.bodyLimit`.",
  },
  addressTooLong: {
    status: 414,
    text: "The address is too long.",
    when: "A part of the path exceeds what any name here may have.",
  },
  unsupportedMediaType: {
    status: 415,
    text: (type) => `Unsupported media type "${type}" in request.`,
    values: ["type"],
    when: "The body is neither JSON nor form-encoded.",
  },
  jsonAsForm: {
    status: 415,
    text: "The body is JSON, but its Content-Type is application/x-www-form-urlencoded: send it with Content-Type: application/json.",
    when: "JSON that is sent as a form, which is what `curl -d` does unless it is told the content type.",
  },
  rangeNotSatisfiable: {
    status: 416,
    text: "The range begins beyond the end.",
    when: "`Range` asks for bytes that an export does not have; `Content-Range` says how many there are.",
  },
  eitherIdOrName: {
    status: 400,
    text: "Give either id or name.",
    when: "An export or aggregate is of all versions of a schema, by `name`, or of one, by `id`.",
  },
  onlyForCsv: {
    status: 400,
    text: "Only for csv.",
    when: "`separator` and `bom` of an export in another format.",
  },
  tooManyRequests: {
    status: 429,
    text: "Request was throttled.",
    when: "A rate limit; `Retry-After` says how many seconds to wait.",
  },
  keyUnderWay: {
    status: 409,
    text: "A request with this Idempotency-Key is under way.",
    when: "The first request with the key has not been answered yet.",
  },
  keyReused: {
    status: 422,
    text: "This Idempotency-Key belongs to another request.",
    when: "The key was used with another address or body.",
  },
  internal: {
    status: 500,
    text: "Internal server error.",
    when: "Our fault; `request_id` finds it in the log.",
  },
  unavailable: {
    status: 503,
    text: "Unavailable for a moment. Try again.",
    when: "The database is down or has more to do than it can; `Retry-After` says how many seconds to wait.",
  },
  wrongPage: {
    status: 400,
    text: "Incorrect offset or limit.",
    when: "`offset` and `limit` leave nothing of the page, or are absurd.",
  },

  // Fields: {field: [text]}
  required: { status: 400, text: "This field is required.", when: "The field is missing." },
  null: { status: 400, text: "This field may not be null.", when: "The field is null." },
  blank: {
    status: 400,
    text: "This field may not be blank.",
    when: "The text is empty, or only white space.",
  },
  invalidChoice: {
    status: 400,
    text: (value) => `"${value}" is not a valid choice.`,
    values: ["value"],
    when: "The value is not one of those listed.",
  },
  pkNotFound: {
    status: 400,
    text: (pk) => `Invalid pk "${pk}" - object does not exist.`,
    values: ["pk"],
    when: "The id names nothing that may be used here.",
  },
  pkType: {
    status: 400,
    text: (type) => `Incorrect type. Expected pk value, received ${type}.`,
    values: ["type"],
    when: "The value is no id.",
  },
  integer: { status: 400, text: "A valid integer is required.", when: "The value is no integer." },
  integerTooLong: { status: 400, text: "String value too large.", when: "More than 1,000 digits." },
  maxValue: {
    status: 400,
    text: (max) => `Ensure this value is less than or equal to ${max}.`,
    values: ["max"],
    when: "The number is too great.",
  },
  minValue: {
    status: 400,
    text: (min) => `Ensure this value is greater than or equal to ${min}.`,
    values: ["min"],
    when: "The number is too small.",
  },
  string: { status: 400, text: "Not a valid string.", when: "The value is neither text nor a number." },
  maxLength: {
    status: 400,
    text: (max) => `Ensure this field has no more than ${max} characters.`,
    values: ["max"],
    when: "The text is too long, counted in code points.",
  },
  nullCharacters: { status: 400, text: "Null characters are not allowed.", when: "The text holds U+0000." },
  byteOrderMark: {
    status: 400,
    text: "Must not begin with a byte order mark.",
    when: "A user's id that begins with U+FEFF, which many readers of text take away.",
  },
  dotSegment: {
    status: 400,
    text: "Must be neither . nor .., which no address can hold.",
    when: "A user's id that could not be asked for.",
  },
  surrogates: {
    status: 400,
    text: (codePoint) => `Surrogate characters are not allowed: U+${codePoint}.`,
    values: ["codePoint"],
    when: "The text holds half of a surrogate pair.",
  },
  boolean: { status: 400, text: "Must be a valid boolean.", when: "The value is no boolean." },
  list: {
    status: 400,
    text: (type) => `Expected a list of items but got type "${type}".`,
    values: ["type"],
    when: "The value is no list.",
  },
  listTooLong: {
    status: 400,
    text: (max) => `Ensure this field has no more than ${max} elements.`,
    values: ["max"],
    when: "The list has too many items.",
  },
  dictionary: {
    status: 400,
    text: (type) => `Invalid data. Expected a dictionary, but got ${type}.`,
    values: ["type"],
    when: "The body, or a nested value, is no object.",
  },
  noData: { status: 400, text: "No data provided", when: "The body is null." },
  json: { status: 400, text: "Value must be valid JSON.", when: "Free JSON that cannot be stored." },
  jsonTooDeep: {
    status: 400,
    text: (max) => `Ensure this value is nested no more than ${max} levels deep.`,
    values: ["max"],
    when: "Free JSON is nested too deeply.",
  },
  jsonTooLarge: {
    status: 400,
    text: (max) => `Ensure this value takes no more than ${max} characters of JSON.`,
    values: ["max"],
    when: "Free JSON is too large.",
  },
  dateTime: {
    status: 400,
    text: "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
    when: "The value is no ISO 8601 time.",
  },
  dateTimeRange: {
    status: 400,
    text: "Datetime value out of range.",
    when: "The time falls outside the years 1 to 9999 in UTC.",
  },
  uuid: { status: 400, text: "Must be a valid UUID.", when: "The value is no UUID." },

  // Filters: {lookup: [text]}
  filterNumber: { status: 400, text: "Enter a number.", when: "A filter on a number got something else." },
  filterDateTime: {
    status: 400,
    text: "Enter a valid date/time.",
    when: "A filter on a time got something else.",
  },

  // Rules: {field or non_field_errors: [code]}
  accountExists: {
    status: 400,
    text: "There is an account with this id.",
    when: "An account that is added under an id that somebody has, where ids are strings.",
  },
  userExists: {
    status: 400,
    text: "User already exists in this thread.",
    when: "`user`: the person to add is a member already.",
  },
  permissionsTooHigh: {
    status: 400,
    text: "Cannot set higher permissions that the request user possess.",
    when: "`permissions`: nobody grants what they do not hold. (The wording is the original's.)",
  },
  oneScripted: {
    status: 400,
    text: "Only one scripted mode per thread is allowed.",
    when: "`state`: another member of the thread is in a scripted mode.",
  },
  versionTaken: {
    status: 400,
    text: "This version exists already.",
    when: "`version`: another schema has this name and version.",
  },
  REQUIRED: { status: 400, text: "REQUIRED", when: "What this state or question needs is missing." },
  WRONG_VALUE: {
    status: 400,
    text: "WRONG_VALUE",
    when: "The answer does not parse, is out of range, or belongs to another question.",
  },
  TOO_MANY: { status: 400, text: "TOO_MANY", when: "More than one answer to a `choice`." },
  EXCLUSIVE: {
    status: 400,
    text: "EXCLUSIVE",
    when: "An exclusive answer beside others, or beside a written text.",
  },
  WRONG_STATE: { status: 400, text: "WRONG_STATE", when: "Not in this state of the thread or question." },
  TOO_LONG: { status: 400, text: "TOO_LONG", when: "The text of an answer is too long." },
  QUESTION_FROM_WRONG_SCHEMA: {
    status: 400,
    text: "QUESTION_FROM_WRONG_SCHEMA",
    when: "The question belongs to another schema than the member's, or the survey's.",
  },
  WRONG_STATE_FOR_SCHEMA: {
    status: 400,
    text: "WRONG_STATE_FOR_SCHEMA",
    when: "A schema goes only with a scripted or assisted state.",
  },
  NOT_PUBLISHED: { status: 400, text: "NOT_PUBLISHED", when: "The schema is not published." },
  NO_PERMISSIONS: { status: 400, text: "NO_PERMISSIONS", when: "`break_state` without the permission 1024." },
  THREAD_IS_CLOSED: {
    status: 400,
    text: "THREAD_IS_CLOSED",
    when: "Writing to a closed thread without the permission 4096.",
  },
  ALREADY_ANSWERED: {
    status: 400,
    text: "ALREADY_ANSWERED",
    when: "Another answer came first: the question is no longer the current one, or the survey has its answer.",
  },
  AT_THE_BEGINNING: { status: 400, text: "AT_THE_BEGINNING", when: "Rollback at the first question." },
  NOT_A_QUESTION: {
    status: 400,
    text: "NOT_A_QUESTION",
    when: "Rollback to a message that shows no question of this run.",
  },
  NO_SUCH_MESSAGE: {
    status: 400,
    text: "NO_SUCH_MESSAGE",
    when: "Rollback to a question that was never shown here.",
  },
  NOT_ALLOWED: {
    status: 400,
    text: "NOT_ALLOWED",
    when: "The caller may not set this value, or surveys of this type of schema are not allowed.",
  },
  NOT_SUPPORTED: { status: 400, text: "NOT_SUPPORTED", when: "This server is not set up for it." },
  INCORRECT_TYPE: {
    status: 400,
    text: "INCORRECT_TYPE",
    when: "`non_field_errors`: the content is not of the attachment's type.",
  },
  REPEAT_UNTIL_MUST_BE_IN_FUTURE: {
    status: 400,
    text: "REPEAT_UNTIL_MUST_BE_IN_FUTURE",
    when: "`repeat_until` has passed.",
  },
  PUBLISHED: {
    status: 400,
    text: "PUBLISHED",
    when: "A published schema is not edited: copy it to a new version.",
  },
  IN_USE: { status: 400, text: "IN_USE", when: "Somebody's conversation needs it." },
  FREQUENCY_VALUE_MUST_BE_POSITIVE: {
    status: 400,
    text: "FREQUENCY_VALUE_MUST_BE_POSITIVE",
    when: "`frequency_value` is below 1.",
  },
} as const satisfies Record<string, ErrorEntry>;

type Errors = typeof errors;
export type ErrorName = keyof Errors;

type Texts = { [Name in ErrorName]: Errors[Name]["text"] };

/** The texts alone, by name: `texts.required`, `texts.pkNotFound(5)`, `texts.WRONG_STATE`. */
export const texts = Object.fromEntries(
  Object.entries(errors).map(([name, entry]) => [name, entry.text]),
) as Texts;

/** What is wrong with one field: its texts, the problems of its parts, or one object per list item. */
export type Problem = string[] | FieldErrors | FieldErrors[];
export interface FieldErrors {
  [field: string]: Problem;
}

/** An answer that is not the wished one; thrown anywhere, turned into a response once, at the edge. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: object;
  readonly headers: Record<string, string>;

  constructor(status: number, body: object, headers: Record<string, string> = {}) {
    super(`${status} ${JSON.stringify(body)}`);
    this.name = "ApiError";
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** 400 with the problems of each field: `invalid({ text: [texts.REQUIRED] })`. */
export function invalid(fields: FieldErrors): ApiError {
  return new ApiError(400, fields);
}

/** 401; clients learn from `WWW-Authenticate` how to sign in. */
export function unauthorized(text: string = texts.notAuthenticated): ApiError {
  return new ApiError(401, { detail: text }, { "www-authenticate": 'Bearer realm="api"' });
}

export function denied(): ApiError {
  return refused(403, texts.denied);
}

export function notFound(): ApiError {
  return refused(404, texts.notFound);
}

/** Any other refusal: `{"detail": detail}` with the given status. */
export function refused(status: number, detail: string, headers?: Record<string, string>): ApiError {
  return new ApiError(status, { detail }, headers);
}
