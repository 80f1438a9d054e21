/** Rows that are asked for at once; a server may give fewer. */
const LIMIT = 100;

/** All of a list that comes in parts. */
export async function allOf<Row>(
  part: (page: { limit: number; offset: number }) => Promise<Row[]>,
): Promise<Row[]> {
  const all: Row[] = [];
  for (;;) {
    const rows = await part({ limit: LIMIT, offset: all.length });
    if (rows.length === 0) return all;
    all.push(...rows);
  }
}
