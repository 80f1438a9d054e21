// An application with its own people and sessions that mounts Colloquy beside its own routes.
// Serves on port 8080; with --check it exercises itself instead, and prints nothing but what is wrong.
import { checkClinic } from "./check.ts";
import { openClinic } from "./clinic.ts";

if (process.argv.includes("--check")) {
  const clinic = await openClinic("memory:");
  await checkClinic(clinic).finally(clinic.close);
} else {
  const clinic = await openClinic(".colloquy/clinic");
  const demo = { email: "ann@example.org", password: "a-secret" };
  if ((await clinic.people.logIn(demo.email, demo.password)) === null)
    await clinic.people.add({ name: "Ann", role: "patient", ...demo });
  const address = await clinic.app.listen({ port: 8080 });
  process.stdout.write(`${address}: POST /login ${JSON.stringify(demo)}, then GET /chat/api/accounts/me\n`);
  process.once("SIGINT", clinic.close);
  process.once("SIGTERM", clinic.close);
}
