import type { UserIdKind } from "@colloquy/protocol";
import { openComponents } from "./components.ts";
import type { DescribedResource } from "./described.ts";
import type { ApiDescription } from "./description.ts";
import { operation, PARAMETERS } from "./operation.ts";
import { REFUSAL_RESPONSES, REFUSAL_SCHEMAS } from "./refusals.ts";

/** The OpenAPI 3.1 document of resources. */
export function openApiDocument(
  resources: readonly DescribedResource[],
  api: ApiDescription,
  { prefix, ids }: { prefix: string; ids: UserIdKind },
): object {
  const components = openComponents({ ...REFUSAL_SCHEMAS });
  const describing = { api, components, ids };
  const paths = Object.fromEntries(
    resources.map((resource) => [
      prefix + resource.path.replace(/:(\w+)/g, "{$1}"),
      Object.fromEntries(
        Object.entries(resource.methods).map(([method, definition]) => [
          method.toLowerCase(),
          operation(resource, method, definition, describing),
        ]),
      ),
    ]),
  );
  const { title, version, introduction, tags, credentials } = api;
  return {
    openapi: "3.1.0",
    info: { title, version, description: introduction },
    tags: Object.entries(tags).map(([name, description]) => ({
      name,
      "x-displayName": name[0]!.toUpperCase() + name.slice(1),
      description,
    })),
    security: [...(credentials.isOpen ? [{}] : []), ...credentials.oneOf.map((name) => ({ [name]: [] }))],
    paths,
    components: {
      schemas: sorted(components.schemas),
      responses: REFUSAL_RESPONSES,
      parameters: PARAMETERS,
      securitySchemes: credentials.schemes,
    },
  };
}

function sorted<Value>(named: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1)));
}
