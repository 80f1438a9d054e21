const reference = document.querySelector("#reference");
const waiting = document.querySelector("#waiting");

/** Where the API is mounted, which a proxy or a host may have moved: the page knows where it is itself. */
const here = new URL(".", import.meta.url);
const root = here.href.slice(0, -`${reference.dataset.prefix}/docs/`.length);

const answer = await fetch(new URL("../openapi.json", here));
if (window.Scalar === undefined)
  waiting.textContent =
    "The script of this page is missing: `npm ci` makes it. The OpenAPI document is there.";
else if (!answer.ok)
  waiting.textContent = `The OpenAPI document cannot be read: the server answers ${answer.status}.`;
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

    // What would speak to the makers of the page.
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
  });
}

/** In the demo somebody is there to be. */
function filledIn(schemes) {
  return Object.fromEntries(
    Object.entries(schemes).flatMap(([name, scheme]) =>
      scheme["x-example"] === undefined ? [] : [[name, { value: scheme["x-example"] }]],
    ),
  );
}
