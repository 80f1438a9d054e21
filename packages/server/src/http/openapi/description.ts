/** The parts of the OpenAPI document that are not in the definitions of resources. */
export interface ApiDescription {
  title: string;
  version: string;
  /** Markdown: what applies to all operations. */
  introduction: string;
  /** Descriptions by tag, in the order in which they are shown. */
  tags: Readonly<Record<string, string>>;
  /** Parameters of paths, by name and the segment before it: `threads/:thread_id`. */
  parameters: Readonly<Record<string, Parameter>>;
  credentials: Credentials;
  /** Whether there are rate limits (429). */
  limitsRates: boolean;
  /** Whether POST supports `Idempotency-Key` (409, 422). */
  honoursKeys: boolean;
}

export interface Parameter {
  description: string;
  example: string | number;
}

/** The credentials that a server accepts. */
export interface Credentials {
  /** Security schemes of OpenAPI, by name. */
  schemes: Readonly<Record<string, object>>;
  /** The names of the schemes of which one is sufficient. With `isOpen`, a request may also have none. */
  oneOf: readonly string[];
  isOpen: boolean;
}

export const UNDESCRIBED: ApiDescription = {
  title: "API",
  version: "0",
  introduction: "",
  tags: {},
  parameters: {},
  credentials: { schemes: {}, oneOf: [], isOpen: true },
  limitsRates: false,
  honoursKeys: false,
};
