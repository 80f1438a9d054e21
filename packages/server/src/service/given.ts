/** What is given of options: one that is undefined is left out, so that it does not take the place of a default. */
export function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
