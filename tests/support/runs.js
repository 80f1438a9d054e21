/** `npm run test:deep` runs vitest in this mode. */
const isDeep = process.env.MODE === "deep";
/** How often something is tried: in `npm test`, and in `npm run test:deep`, which runs the files that ask for this. */
export function runs(quick, deep) {
    return isDeep ? deep : quick;
}
//# sourceMappingURL=runs.js.map