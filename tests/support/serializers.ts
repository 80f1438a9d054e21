import { createRequire } from "node:module";
import type { FastifyInstance, FastifySerializerCompiler } from "fastify";

// Fastify builds a serializer for each answer of each route, from its schema alone. A process of the tests starts a
// hundred servers with the same hundred answers.

const fromFastify = createRequire(createRequire(import.meta.url).resolve("fastify"));
const { SerializerSelector } = fromFastify("@fastify/fast-json-stringify-compiler");
const build: FastifySerializerCompiler<unknown> = SerializerSelector()({}, undefined);
const built = new Map<string, ReturnType<typeof build>>();

/** Lets a server have the serializers that another one in this process has built, where their schemas are the same. */
export function shareSerializers(app: FastifyInstance): void {
  app.setSerializerCompiler((route) => {
    const key = JSON.stringify(route.schema);
    const serializer = built.get(key) ?? build(route);
    built.set(key, serializer);
    return serializer;
  });
}
