const reference = document.querySelector("#reference");
const waiting = document.querySelector("#waiting");

/** The address of the server, derived from that of this script: a proxy or host may have mounted it below a path. */
const here = new URL(".", import.meta.url);
const root = here.href.slice(0, -`${reference.dataset.prefix}/docs/`.length);

const answer = await fetch(new URL("../openapi.json", here));
if (window.Scalar === undefined)
  waiting.textContent = "The script of this page is missing. In the repository, `npm ci` generates it.";
else if (!answer.ok)
  waiting.textContent = `The OpenAPI document cannot be loaded: the server responds with ${answer.status}.`;
else show(await answer.json());

function show(content) {
  waiting.remove();
  const { securitySchemes } = content.components;
  window.Scalar.createApiReference(reference, {
    content,
    servers: [{ url: root }],
    authentication: {
      preferredSecurityScheme: Object.keys(securitySchemes)[0] ?? null,
      securitySchemes: filledIn(securitySchemes),
    },
    theme: "none",
    withDefaultFonts: false,
    hideClientButton: true,
    documentDownloadType: "none",
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
    showDeveloperTools: "never",
    // Services of the vendor.
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
  });
}

/** Fills in the user of the demo. */
function filledIn(schemes) {
  return Object.fromEntries(
    Object.entries(schemes).flatMap(([name, scheme]) =>
      scheme["x-example"] === undefined ? [] : [[name, { value: scheme["x-example"] }]],
    ),
  );
}
