/** Writes lines for whoever called. */
export function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
