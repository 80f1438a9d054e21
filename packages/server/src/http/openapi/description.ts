/** What the OpenAPI document says that no resource knows by itself. */
export interface ApiDescription {
  title: string;
  version: string;
  /** What holds everywhere, as Markdown. */
  introduction: string;
  /** What belongs together, by tag, in this order. */
  tags: Readonly<Record<string, string>>;
  /** The path's parameters, each after what stands before it: `threads/:thread_id`. */
  parameters: Readonly<Record<string, Parameter>>;
  credentials: Credentials;
  /** Whether a request may come too soon after others (429). */
  limitsRates: boolean;
  /** Whether a POST may have an `Idempotency-Key` (409, 422). */
  honoursKeys: boolean;
}

export interface Parameter {
  description: string;
  example: string | number;
}

/** How a caller says who they are. */
export interface Credentials {
  /** OpenAPI's security schemes, by name. */
  schemes: Readonly<Record<string, object>>;
  /** The names of those of which one is enough; none at all is enough, too, where `isOpen`. */
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
