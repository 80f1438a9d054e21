/** What `/metrics` says, by name and labels as it writes them: `colloquy_answers_total{in="chat"}` → 3. */
export function parseMetrics(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** A sample's labels: `{method="GET",route="/healthz"}` → `{method: "GET", route: "/healthz"}`. */
export function labelsOf(sample: string): Record<string, string> {
  return Object.fromEntries(
    [...sample.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name!, value!]),
  );
}
