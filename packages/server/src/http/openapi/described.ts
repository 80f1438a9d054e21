import type { TObject, TSchema } from "typebox";

/** What a method of a resource says of itself. */
export interface Described {
  /** In a few words, as a command: `Post a message`. */
  summary: string;
  /** In full sentences, as Markdown: for whom it is, and what becomes of it. */
  description?: string;
  tags?: string[];
  /** Documents the query; its values arrive as text. */
  query?: TSchema;
  /** Documents headers that the handler reads. */
  headers?: TSchema;
  /** By status: what the answer is serialised with, so nothing that is not listed ever leaves. */
  response: Record<number, TSchema>;
  /** Statuses of refusals that the definition does not tell by itself. */
  refuses?: readonly number[];
  documented?: DocumentedAs;
  example?: Example;
}

/** What is documented in place of what is read or serialised, where that leaves the shape open. */
export interface DocumentedAs {
  body?: TSchema;
  response?: Readonly<Record<number, TSchema>>;
}

/** What an operation takes in an example, which succeeds in the demo. */
export interface Example {
  params?: Readonly<Record<string, string | number>>;
  query?: Readonly<Record<string, string | number | boolean>>;
  body?: unknown;
}

export interface DescribedMethod extends Described {
  body?: TObject;
  list?: string;
  partial?: boolean;
}

/** What is at an address, as far as a document tells it. */
export interface DescribedResource {
  path: string;
  params: Record<string, "id" | "user" | "string">;
  tags: string[];
  policy: string;
  hides: boolean;
  /** What is answered where something that the request names is not there; null where it names nothing. */
  absent: 403 | 404 | null;
  methods: Record<string, DescribedMethod>;
}
