import { apiAs } from "./api.js";
import { element } from "./element.js";
import { openPane } from "./pane.js";

const server = await (await fetch("demo.json")).json();
const { prefix, people, thread_type } = server;
const operator = apiAs(people.operator, prefix);

const health = await fetch("/readyz").then((answer) => answer.json());
document.querySelector("#running").textContent =
  `version ${server.version} on ${server.database}, ${health.status === "ok" ? "ready" : "not ready"}`;
document.querySelector("#docs").href = `${prefix}/docs`;
document.querySelector("#openapi").href = `${prefix}/openapi.json`;

const panes = {};
for (const role of ["patient", "doctor"]) {
  const root = document.querySelector("#pane").content.cloneNode(true).firstElementChild;
  root.classList.add(role);
  document.querySelector("#panes").append(root);
  panes[role] = await openPane(root, { id: people[role], role, prefix, threadType: thread_type });
}

const chooser = document.querySelector("#schema");
const schemas = (await operator.get("/admin/schemas")).filter(
  (schema) => schema.published && !schema.deprecated,
);
chooser.append(
  ...schemas.map((schema) => element("option", { value: String(schema.id), textContent: schema.name })),
  element("option", { value: "", textContent: "no schema" }),
);

document.querySelector("#begin").addEventListener("submit", (event) => {
  event.preventDefault();
  panes.patient.attempt(begin);
});

/** A new thread, in which the patient is led through the chosen schema and the doctor looks on. */
async function begin() {
  const schema = chooser.value === "" ? {} : { state: "scripted", schema: Number(chooser.value) };
  const title = chooser.value === "" ? "Chat" : chooser.selectedOptions[0].textContent;
  const patient = panes.patient.api;
  const { id } = await patient.post(`/accounts/${people.patient}/threads/${thread_type}`, {
    title,
    ...schema,
  });
  await patient.post(`/threads/${id}/users`, { user: people.doctor });
  for (const pane of Object.values(panes)) await pane.show(id);
}

// On a narrow screen one side is shown at a time.
const switches = document.querySelectorAll("[data-shows]");
for (const button of switches)
  button.addEventListener("click", () => {
    document.querySelector("#panes").dataset.shown = button.dataset.shows;
    for (const other of switches) other.ariaPressed = String(other === button);
    panes[button.dataset.shows].see();
  });
matchMedia("(max-width: 720px)").addEventListener("change", () => {
  for (const pane of Object.values(panes)) pane.see();
});
