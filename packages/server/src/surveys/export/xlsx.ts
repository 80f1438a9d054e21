import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { dateColumns } from "./layout.ts";
import type { Cell } from "./rows.ts";
import { CELL_STYLES, worksheet } from "./sheet.ts";
import type { Table } from "./table.ts";

/** Excel takes 1,048,576 rows, one of which has the names of the columns. */
const ROWS_PER_SHEET = 1_048_575;
const LEVEL = 6;

/** A workbook of one sheet, or of as many as it takes. Texts are never formulas here, so none is changed. */
export async function* xlsx(table: Table, rowsPerSheet = ROWS_PER_SHEET): AsyncGenerator<Buffer> {
  const { layout, count, pages } = table;
  const names = Array.from(
    { length: Math.max(1, Math.ceil(count / rowsPerSheet)) },
    (_, index) => `Responses${index === 0 ? "" : ` ${index + 1}`}`,
  );
  // A local time that is the same everywhere, so that the same rows are the same bytes.
  const entry = { mtime: new Date(2000, 0, 1), forceDosTimestamp: true, compressionLevel: LEVEL };
  const zip = new ZipFile();
  const out = zip.outputStream as Readable;
  const rest = pages[Symbol.asyncIterator]();
  const left: Cell[][] = [];
  const sheets = names.map((_, index) => {
    const most = index === names.length - 1 ? Number.POSITIVE_INFINITY : rowsPerSheet;
    const sheet = Readable.from(worksheet(layout.columns, dateColumns(layout), taking(rest, left, most)));
    return sheet.on("error", (error) => out.destroy(error));
  });
  zip.on("error", (error) => out.destroy(error));

  for (const [path, xml] of Object.entries(parts(names))) zip.addBuffer(Buffer.from(XML + xml), path, entry);
  for (const [index, sheet] of sheets.entries())
    zip.addReadStream(sheet, `xl/worksheets/sheet${index + 1}.xml`, entry);
  zip.end();
  try {
    yield* out;
  } finally {
    for (const sheet of sheets) sheet.destroy();
    await rest.return?.();
  }
}

/** So many rows of an iterator that others go on with; `left` is what they have of a page already pulled. */
async function* taking(
  rest: AsyncIterator<Cell[][]>,
  left: Cell[][],
  most: number,
): AsyncGenerator<Cell[][]> {
  for (let taken = 0; taken < most; ) {
    if (left.length === 0) {
      const { value, done } = await rest.next();
      if (done) return;
      left.push(...value);
    }
    const page = left.splice(0, most - taken);
    taken += page.length;
    yield page;
  }
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const OPEN = "http://schemas.openxmlformats.org";
const RELATIONS = `${OPEN}/officeDocument/2006/relationships`;
const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** What a workbook needs beside its sheets, by path. */
function parts(names: readonly string[]): Record<string, string> {
  const each = (write: (name: string, number: number) => string) =>
    names.map((name, index) => write(name, index + 1)).join("");
  return {
    "[Content_Types].xml": `<Types xmlns="${OPEN}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>${each((_name, number) => `<Override PartName="/xl/worksheets/sheet${number}.xml" ContentType="${TYPE}.worksheet+xml"/>`)}</Types>`,
    "_rels/.rels": `<Relationships xmlns="${OPEN}/package/2006/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `<workbook xmlns="${OPEN}/spreadsheetml/2006/main" xmlns:r="${RELATIONS}"><sheets>${each((name, number) => `<sheet name="${name}" sheetId="${number}" r:id="rId${number}"/>`)}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${OPEN}/package/2006/relationships">${each((_name, number) => `<Relationship Id="rId${number}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${number}.xml"/>`)}<Relationship Id="styles" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    "xl/styles.xml": `<styleSheet xmlns="${OPEN}/spreadsheetml/2006/main">${STYLES}</styleSheet>`,
  };
}

/** Numbers below this are formats that Excel has by itself; 0 is its general one. */
const OWN_FORMATS = 164;
const CUSTOM = CELL_STYLES.slice(1).map((code, index) => ({ code, id: OWN_FORMATS + index }));

/** One font, border and filling for all cells, without which Excel does not open a workbook, and their formats. */
const STYLES = [
  `<numFmts count="${CUSTOM.length}">${CUSTOM.map(({ code, id }) => `<numFmt numFmtId="${id}" formatCode="${code}"/>`).join("")}</numFmts>`,
  '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>',
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>',
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>',
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
  `<cellXfs count="${CELL_STYLES.length}">${[0, ...CUSTOM.map(({ id }) => id)].map((id) => `<xf numFmtId="${id}" fontId="0" fillId="0" borderId="0" xfId="0"${id === 0 ? "" : ' applyNumberFormat="1"'}/>`).join("")}</cellXfs>`,
].join("");
