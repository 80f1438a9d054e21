import { open, rm } from "node:fs/promises";

/** Makes a file with all of its content, or none at all; answers whether it made it, as one may be there already. */
export async function makeFile(path: string, content: string, mode = 0o644): Promise<boolean> {
  const file = await open(path, "wx", mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return null;
    throw error;
  });
  if (file === null) return false;
  try {
    await file.writeFile(content);
  } catch (error) {
    // On a full disk there is room for a name, and none for what it names.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return true;
}
