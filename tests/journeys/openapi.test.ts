import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";
import { startServer } from "../support/server.ts";

it("is valid OpenAPI 3.1", async () => {
  const { document } = await startServer();
  const result = await new Validator().validate(document);
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
  expect(document.openapi).toMatch(/^3\.1\./);
  for (const [p, m] of Object.entries(document.paths))
    for (const [k, o] of Object.entries(m))
      console.log(
        k.toUpperCase(),
        p,
        JSON.stringify(o.requestBody ?? null)?.slice(0, 300),
        Object.keys(o.responses).join(),
      );
});
