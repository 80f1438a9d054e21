import type { TObject, TSchema } from "typebox";

/** The documented part of a method of a resource. */
export interface Described {
  /** A short imperative: `Post a message`. */
  summary: string;
  /** Markdown, in full sentences: the effects, and who may do it. */
  description?: string;
  tags?: string[];
  /** Documents the query; its values arrive as text. */
  query?: TSchema;
  /** Documents headers that the handler reads. */
  headers?: TSchema;
  /** By status: the schema that serialises the response, so that no other fields are sent. */
  response: Record<number, TSchema>;
  /** Statuses of errors that do not follow from the rest of the definition. */
  refuses?: readonly number[];
  documented?: DocumentedAs;
  example?: Example;
}

/** Schemas to document in place of those that read or serialise, where these leave the shape open. */
export interface DocumentedAs {
  body?: TSchema;
  response?: Readonly<Record<number, TSchema>>;
}

/** An example request, which succeeds in the demo. */
export interface Example {
  params?: Readonly<Record<string, string | number>>;
  query?: Readonly<Record<string, string | number | boolean>>;
  body?: unknown;
}

export interface DescribedMethod extends Described {
  body?: TObject;
  list?: string;
  takesFiles?: boolean;
  partial?: boolean;
}

/** The documented part of a resource. */
export interface DescribedResource {
  path: string;
  params: Record<string, "id" | "user" | "string">;
  tags: string[];
  policy: string;
  hides: boolean;
  /** The status if an object that the request names does not exist; null if it names none. */
  absent: 403 | 404 | null;
  methods: Record<string, DescribedMethod>;
}
