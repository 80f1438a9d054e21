/** The value of Content-Disposition that saves a file under a name; what a path or a header could take ill is `_`. */
export function fileName(name: string): string {
  const safe = name.replace(/[\p{Cc}\p{Cf}"%'*/:<>?\\|]/gu, "_").replace(/^\.+/, "_");
  const ascii = safe.replace(/[^\x20-\x7e]/g, "_");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(safe).replace(/[()]/g, percent)}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
