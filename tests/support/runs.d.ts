/** How often something is tried: in `npm test`, and in `npm run test:deep`, which runs the files that ask for this. */
export declare function runs(quick: number, deep: number): number;
