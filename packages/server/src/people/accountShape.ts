import { Account } from "@colloquy/protocol";
import type { TObject, TSchema } from "typebox";
import type { Resource } from "../http/index.ts";

/** Resources whose answers show people in the host's shape (`accounts.shape`), in documents and on the wire. */
export function showingAccountsAs(shape: TObject, resources: readonly Resource[]): Resource[] {
  if (shape === Account) return [...resources];
  const reshaped = (response: Record<number, TSchema>) =>
    Object.fromEntries(Object.entries(response).map(([status, schema]) => [status, reshape(schema, shape)]));
  return resources.map((resource) => ({
    ...resource,
    methods: Object.fromEntries(
      Object.entries(resource.methods).map(([name, method]) => [
        name,
        { ...method, response: reshaped(method.response) },
      ]),
    ),
  }));
}

/** Accounts are known by their properties: those that may be null are copies, but share these. */
function reshape(schema: TSchema, shape: TObject): TSchema {
  const { type, properties, items, anyOf, ...rest } = schema as JsonSchema;
  if (properties === Account.properties) return { ...rest, ...shape, title: rest.title, type } as TSchema;
  return {
    ...rest,
    ...(type === undefined ? {} : { type }),
    ...(properties === undefined ? {} : { properties: mapped(properties, shape) }),
    ...(items === undefined ? {} : { items: reshape(items, shape) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((option) => reshape(option, shape)) }),
  } as TSchema;
}

function mapped(properties: Record<string, TSchema>, shape: TObject): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, reshape(property, shape)]),
  );
}

interface JsonSchema {
  type?: unknown;
  properties?: Record<string, TSchema>;
  items?: TSchema;
  anyOf?: TSchema[];
  title?: string;
}
