/** One entry of the error table. `values` names what a text that is a function takes, in order. */
interface ErrorEntry {
  status: number;
  text: string | ((...values: (string | number)[]) => string);
  values?: readonly string[];
  /** For docs/errors.md: when a client gets it. */
  when: string;
}

/**
 * Every text of an error response, under a stable name. Most sentences are those of Django REST Framework, which clients
 * of chat_api compare; codes in capitals are those of chat_api's own rules.
 * `docs/errors.md` is generated from this table.
 */
export const errors = {
  // Whole requests: {"detail": text}
  notAuthenticated: {
    status: 401,
    text: "Authentication credentials were not provided.",
    when: "The request is not authenticated.",
  },
  wrongCredentials: {
    status: 401,
    text: "Incorrect authentication credentials.",
    when: "The token or session is invalid or has expired.",
  },
  noUserId: {
    status: 401,
    text: (ids) => `The credentials contain no valid user id: users' ids are ${ids}.`,
    values: ["what they are"],
    when: "The `sub` of a valid token, or `X-User-Id` in development, is not a user's id of the type set by `accounts.ids`.",
  },
  denied: {
    status: 403,
    text: "You do not have permission to perform this action.",
    when: "The policy denies the request; below `/threads` also if the thread does not exist.",
  },
  notFound: { status: 404, text: "Not found.", when: "The URL or the object does not exist." },
  methodNotAllowed: {
    status: 405,
    text: (method) => `Method "${method}" not allowed.`,
    values: ["method"],
    when: "The URL does not support this method; `Allow` lists those that it supports.",
  },
  parseError: {
    status: 400,
    text: (reason) => `JSON parse error - ${reason}`,
    values: ["reason"],
    when: "The body is not valid JSON.",
  },
  badRequest: { status: 400, text: "Bad request.", when: "The request itself is malformed." },
  bodyTooSlow: {
    status: 408,
    text: "The request body took too long.",
    when: "The body did not arrive within `http.bodySeconds`; the connection is closed.",
  },
  bodyTooLarge: {
    status: 413,
    text: "Request body is too large.",
    when: "The body is larger than `http.bodyLimit`.",
  },
  fileTooLarge: {
    status: 413,
    text: "The file is too large.",
    when: "A file is larger than `attachments.maxBytes`.",
  },
  badMultipart: {
    status: 400,
    text: "The multipart body is malformed.",
    when: "A body of `multipart/form-data` is broken, or has too many parts.",
  },
  addressTooLong: {
    status: 414,
    text: "The URL is too long.",
    when: "A segment of the path is longer than any name may be.",
  },
  unsupportedMediaType: {
    status: 415,
    text: (type) => `Unsupported media type "${type}" in request.`,
    values: ["type"],
    when: "The body is neither JSON nor a form, or a form with files where none are taken.",
  },
  jsonAsForm: {
    status: 415,
    text: "The body is JSON, but its Content-Type is application/x-www-form-urlencoded: send it with Content-Type: application/json.",
    when: "JSON that is sent as a form, which is what `curl -d` does unless it is told the content type.",
  },
  rangeNotSatisfiable: {
    status: 416,
    text: "The range starts beyond the end.",
    when: "`Range` starts beyond the end of the export or file; `Content-Range` has its size.",
  },
  eitherIdOrName: {
    status: 400,
    text: "Give either id or name.",
    when: "An export or aggregate needs either the `name` of a schema, for all its versions, or the `id` of one version.",
  },
  onlyForCsv: {
    status: 400,
    text: "Only for CSV.",
    when: "`separator` or `bom` with an export in another format.",
  },
  tooManyRequests: {
    status: 429,
    text: "Request was throttled.",
    when: "A rate limit is exceeded; `Retry-After` says how many seconds to wait.",
  },
  keyUnderWay: {
    status: 409,
    text: "A request with this Idempotency-Key is in progress.",
    when: "The first request with the key has no response yet.",
  },
  keyReused: {
    status: 422,
    text: "This Idempotency-Key belongs to another request.",
    when: "The key was used with another URL or body.",
  },
  internal: {
    status: 500,
    text: "Internal server error.",
    when: "An error of the server; the log has it under this `request_id`.",
  },
  unavailable: {
    status: 503,
    text: "Temporarily unavailable. Try again.",
    when: "The database is unavailable or overloaded; `Retry-After` says how many seconds to wait.",
  },
  wrongPage: {
    status: 400,
    text: "Incorrect offset or limit.",
    when: "`offset` or `limit` is too large, or a negative `offset` leaves an empty page.",
  },

  // Fields: {field: [text]}
  required: { status: 400, text: "This field is required.", when: "The field is missing." },
  null: { status: 400, text: "This field may not be null.", when: "The field is null." },
  blank: {
    status: 400,
    text: "This field may not be blank.",
    when: "The text is empty or only whitespace.",
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
    when: "No object that may be used here has this id.",
  },
  pkType: {
    status: 400,
    text: (type) => `Incorrect type. Expected pk value, received ${type}.`,
    values: ["type"],
    when: "The value is not an id.",
  },
  integer: { status: 400, text: "A valid integer is required.", when: "The value is not an integer." },
  integerTooLong: {
    status: 400,
    text: "String value too large.",
    when: "The number has more than 1,000 digits.",
  },
  maxValue: {
    status: 400,
    text: (max) => `Ensure this value is less than or equal to ${max}.`,
    values: ["max"],
    when: "The number is too large.",
  },
  minValue: {
    status: 400,
    text: (min) => `Ensure this value is greater than or equal to ${min}.`,
    values: ["min"],
    when: "The number is too small.",
  },
  string: { status: 400, text: "Not a valid string.", when: "The value is neither a string nor a number." },
  maxLength: {
    status: 400,
    text: (max) => `Ensure this field has no more than ${max} characters.`,
    values: ["max"],
    when: "The text is too long, counted in code points.",
  },
  nullCharacters: {
    status: 400,
    text: "Null characters are not allowed.",
    when: "The text contains U+0000.",
  },
  byteOrderMark: {
    status: 400,
    text: "Must not begin with a byte order mark.",
    when: "A user's id begins with U+FEFF, which many programs strip.",
  },
  dotSegment: {
    status: 400,
    text: "Must not be . or .., which cannot be part of a URL.",
    when: "A user's id is a dot segment, so no URL could contain it.",
  },
  surrogates: {
    status: 400,
    text: (codePoint) => `Surrogate characters are not allowed: U+${codePoint}.`,
    values: ["codePoint"],
    when: "The text contains half of a surrogate pair.",
  },
  boolean: { status: 400, text: "Must be a valid boolean.", when: "The value is not a boolean." },
  list: {
    status: 400,
    text: (type) => `Expected a list of items but got type "${type}".`,
    values: ["type"],
    when: "The value is not a list.",
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
    when: "The body, or a nested value, is not an object.",
  },
  noData: { status: 400, text: "No data provided", when: "The body is null." },
  json: { status: 400, text: "Value must be valid JSON.", when: "The JSON value cannot be stored." },
  jsonTooDeep: {
    status: 400,
    text: (max) => `Ensure this value is nested no more than ${max} levels deep.`,
    values: ["max"],
    when: "The JSON value is nested too deeply.",
  },
  jsonTooLarge: {
    status: 400,
    text: (max) => `Ensure this value takes no more than ${max} characters of JSON.`,
    values: ["max"],
    when: "The JSON value is too large.",
  },
  dateTime: {
    status: 400,
    text: "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
    when: "The value is not an ISO 8601 time.",
  },
  dateTimeRange: {
    status: 400,
    text: "Datetime value out of range.",
    when: "The time is outside the years 1 to 9999 in UTC.",
  },
  uuid: { status: 400, text: "Must be a valid UUID.", when: "The value is not a UUID." },

  // Filters: {lookup: [text]}
  filterNumber: { status: 400, text: "Enter a number.", when: "The value of a filter is not a number." },
  filterDateTime: {
    status: 400,
    text: "Enter a valid date/time.",
    when: "The value of a filter is not a date or time.",
  },

  // Rules: {field or non_field_errors: [code]}
  accountExists: {
    status: 400,
    text: "An account with this id already exists.",
    when: "The account to add has an id that is taken (only with string ids).",
  },
  userExists: {
    status: 400,
    text: "User already exists in this thread.",
    when: "`user`: the person is already a member.",
  },
  permissionsTooHigh: {
    status: 400,
    text: "Cannot set higher permissions that the request user possess.",
    when: "`permissions`: members can grant only permissions that they have.",
  },
  oneScripted: {
    status: 400,
    text: "Only one scripted mode per thread is allowed.",
    when: "`state`: another member of the thread is in a scripted mode.",
  },
  versionTaken: {
    status: 400,
    text: "This version already exists.",
    when: "`version`: another schema has this name and version.",
  },
  REQUIRED: { status: 400, text: "REQUIRED", when: "The state or question needs this field." },
  WRONG_VALUE: {
    status: 400,
    text: "WRONG_VALUE",
    when: "The answer has the wrong format, is out of range, or belongs to another question.",
  },
  TOO_MANY: { status: 400, text: "TOO_MANY", when: "A `choice` has more than one answer." },
  EXCLUSIVE: {
    status: 400,
    text: "EXCLUSIVE",
    when: "An exclusive option is combined with other options or free text.",
  },
  WRONG_STATE: {
    status: 400,
    text: "WRONG_STATE",
    when: "Not possible in this state of the thread, or for this type of question.",
  },
  TOO_LONG: { status: 400, text: "TOO_LONG", when: "The text of the answer is too long." },
  QUESTION_FROM_WRONG_SCHEMA: {
    status: 400,
    text: "QUESTION_FROM_WRONG_SCHEMA",
    when: "The question does not belong to the schema of the member or the survey.",
  },
  WRONG_STATE_FOR_SCHEMA: {
    status: 400,
    text: "WRONG_STATE_FOR_SCHEMA",
    when: "A schema can be set only together with a scripted or assisted state.",
  },
  NOT_PUBLISHED: { status: 400, text: "NOT_PUBLISHED", when: "The schema is not published." },
  NO_PERMISSIONS: { status: 400, text: "NO_PERMISSIONS", when: "`break_state` needs permission 1024." },
  THREAD_IS_CLOSED: {
    status: 400,
    text: "THREAD_IS_CLOSED",
    when: "Writing to a closed thread needs permission 4096.",
  },
  ALREADY_ANSWERED: {
    status: 400,
    text: "ALREADY_ANSWERED",
    when: "Another answer came first: the question is no longer the current one, or the survey already has an answer to it.",
  },
  AT_THE_BEGINNING: {
    status: 400,
    text: "AT_THE_BEGINNING",
    when: "The run is at its first question, so it cannot be rolled back.",
  },
  NOT_A_QUESTION: {
    status: 400,
    text: "NOT_A_QUESTION",
    when: "Rollback to a message that does not show a question of this run.",
  },
  NO_SUCH_MESSAGE: {
    status: 400,
    text: "NO_SUCH_MESSAGE",
    when: "Rollback to a question that was not shown in this run.",
  },
  NOT_ALLOWED: {
    status: 400,
    text: "NOT_ALLOWED",
    when: "The caller may not set this value, or surveys of this type of schema are not allowed.",
  },
  NOT_SUPPORTED: { status: 400, text: "NOT_SUPPORTED", when: "The server is not configured for this." },
  INCORRECT_TYPE: {
    status: 400,
    text: "INCORRECT_TYPE",
    when: "`non_field_errors`: the content does not match the type of the attachment; `url`: not an address of the web.",
  },
  TOO_MANY_PIXELS: {
    status: 400,
    text: "TOO_MANY_PIXELS",
    when: "A picture has more pixels than `attachments.maxPixels`.",
  },
  NOT_BASE64: { status: 400, text: "NOT_BASE64", when: "`file_content` cannot be read." },
  REPEAT_UNTIL_MUST_BE_IN_FUTURE: {
    status: 400,
    text: "REPEAT_UNTIL_MUST_BE_IN_FUTURE",
    when: "`repeat_until` has passed.",
  },
  PUBLISHED: {
    status: 400,
    text: "PUBLISHED",
    when: "A published schema cannot be edited: copy it to a new version.",
  },
  IN_USE: { status: 400, text: "IN_USE", when: "A run, a survey or a member still uses it." },
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

/** The problems of one field: texts, the problems of its nested fields, or one object per list item. */
export type Problem = string[] | FieldErrors | FieldErrors[];
export interface FieldErrors {
  [field: string]: Problem;
}

/** A request that is refused. Thrown anywhere; the HTTP interface turns it into a response. */
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

/** 401, with `WWW-Authenticate`. */
export function unauthorized(text: string = texts.notAuthenticated): ApiError {
  return new ApiError(401, { detail: text }, { "www-authenticate": 'Bearer realm="api"' });
}

export function denied(): ApiError {
  return refused(403, texts.denied);
}

export function notFound(): ApiError {
  return refused(404, texts.notFound);
}

/** Any other error: `{"detail": detail}` with the given status. */
export function refused(status: number, detail: string, headers?: Record<string, string>): ApiError {
  return new ApiError(status, { detail }, headers);
}
