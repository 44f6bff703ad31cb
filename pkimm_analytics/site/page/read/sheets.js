/*
Cells of an Excel workbook, only their stored values, read by the browser's XML parser.

The parser of a browser resolves no outside entities; a document type, with which a few
bytes could grow to gigabytes, is refused before it sees the text.
*/
"use strict";
(function (pkimm) {
  const { Refused, openArchive } = pkimm;
  const [MOST_ROWS, MOST_COLUMNS, MOST_CELLS, MOST_SHEETS] = [2_000, 400, 60_000, 20];
  const ERRORS = new Set([
    "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!",
  ]);

  function xml(text) {
    if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new Refused("The workbook declares a document type.");
    const document = new DOMParser().parseFromString(text, "application/xml");
    if (document.getElementsByTagName("parsererror").length) {
      throw new Refused("A part of the workbook is damaged.");
    }
    return document;
  }

  const named = (root, name) => [...root.getElementsByTagNameNS("*", name)];
  const child = (element, name) => [...element.children].find((one) => one.localName === name);

  /* Lower case, blanks collapsed, plain apostrophes: for comparison with labels. */
  const plain = (text) =>
    text.trim().replace(/\s+/g, " ").toLowerCase().replace(/’/g, "'");

  async function openBook(bytes) {
    const archive = openArchive(bytes);
    const targets = new Map();
    for (const one of named(xml(await archive.text("xl/_rels/workbook.xml.rels")), "Relationship")) {
      if (one.getAttribute("TargetMode") === "External") continue;
      const target = (one.getAttribute("Target") ?? "").replace(/\\/g, "/");
      const part = target.startsWith("/") ? target.replace(/^\/+/, "") : `xl/${target}`;
      targets.set(one.getAttribute("Id"), part);
      const kind = (one.getAttribute("Type") ?? "").split("/").pop().toLowerCase();
      if (!targets.has(kind)) targets.set(kind, part);
    }
    const parts = new Map();
    for (const sheet of named(xml(await archive.text("xl/workbook.xml")), "sheet")) {
      const id = [...sheet.attributes].find((a) => a.localName === "id" && a.namespaceURI);
      if (id && targets.has(id.value)) parts.set(sheet.getAttribute("name") ?? "", targets.get(id.value));
    }
    let strings = null;
    const read = new Map();

    async function sheet(title) {
      if (!read.has(title)) {
        const part = parts.get(title);
        strings ??= await sharedStrings(archive, targets);
        const cells = archive.has(part) ? cellsOf(await archive.text(part), strings) : new Map();
        read.set(title, new Sheet(title, cells));
      }
      return read.get(title);
    }

    /* A sheet by its name, or by its content if someone renamed it. */
    async function find(name, fits) {
      const titles = [...parts.keys()];
      const first = titles.filter((title) => plain(title) === name);
      for (const title of new Set([...first, ...titles.slice(0, MOST_SHEETS)])) {
        const one = await sheet(title);
        if (fits(one)) return one;
      }
      return null;
    }

    return { find, sheet, titles: [...parts.keys()] };
  }

  async function sharedStrings(archive, targets) {
    const part = targets.get("sharedstrings") ?? "xl/sharedStrings.xml";
    if (!archive.has(part)) return [];
    return named(xml(await archive.text(part)), "si").map(richText);
  }

  /* Runs of a text, without the pronunciation that some languages add. */
  function richText(element) {
    return [...element.children]
      .map((run) => (run.localName === "t" ? run : run.localName === "r" ? child(run, "t") : null))
      .map((text) => text?.textContent ?? "")
      .join("")
      .replace(/_x000D_/g, "")
      .replace(/\r\n/g, "\n");
  }

  function cellsOf(text, strings) {
    const cells = new Map();
    let [row, column, count] = [0, 0, 0];
    for (const rowElement of named(xml(text), "row")) {
      row = Number(rowElement.getAttribute("r")) || row + 1;
      column = 0;
      for (const element of rowElement.children) {
        if (element.localName !== "c") continue;
        const place = /^([A-Z]{1,3})([0-9]{1,7})$/.exec(element.getAttribute("r") ?? "");
        [row, column] = place ? [Number(place[2]), columnNumber(place[1])] : [row, column + 1];
        if (row > MOST_ROWS || ++count > MOST_CELLS) {
          cells.isCut = true;
          return cells;
        }
        if (column > MOST_COLUMNS) continue;
        const cell = cellOf(element, strings);
        if (!cell.isEmpty || cell.isFormula) cells.set(row * 1000 + column, cell);
      }
    }
    return cells;
  }

  const columnNumber = (letters) =>
    [...letters].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0);

  /* {value, isEmpty, isFormula}; an error has the value null and is not empty. */
  function cellOf(element, strings) {
    const kind = element.getAttribute("t") || "n";
    const isFormula = Boolean(child(element, "f"));
    const cell = (value, isError = false) => ({
      value,
      isEmpty: value === null && !isError,
      isFormula,
    });
    const inline = child(element, "is");
    let text = kind === "inlineStr" ? (inline ? richText(inline) : "") : (child(element, "v")?.textContent ?? "");
    if (kind === "s" && text) {
      if (!/^\d{1,9}$/.test(text) || Number(text) >= strings.length) return cell(null, true);
      text = strings[Number(text)];
    }
    if (!text) return cell(null);
    if (kind === "e" || (kind !== "n" && ERRORS.has(text))) return cell(null, true);
    if (kind === "b") return cell(["1", "true"].includes(text.trim()));
    if (kind === "n") {
      const number = Number(text);
      return Number.isFinite(number) && text.trim() ? cell(number) : cell(null, true);
    }
    return cell(text.replace(/_x000D_/g, "").replace(/\r\n/g, "\n"));
  }

  const EMPTY = { value: null, isEmpty: true, isFormula: false };

  /* One sheet: cells by row and column, both from 1, and its texts in lower case. */
  class Sheet {
    constructor(name, cells) {
      this.name = name;
      this.cells = cells;
      this.isCut = Boolean(cells.isCut); // larger than an assessment; the rest was left out
      this.labels = new Map();
      for (const [place, cell] of [...cells].sort(([a], [b]) => a - b)) {
        if (typeof cell.value !== "string") continue;
        const row = Math.floor(place / 1000);
        if (!this.labels.has(row)) this.labels.set(row, new Map());
        this.labels.get(row).set(place % 1000, plain(cell.value));
      }
      this.rows = [...new Set([...cells.keys()].map((place) => Math.floor(place / 1000)))];
      this.rows.sort((a, b) => a - b);
    }

    at(row, column) {
      return this.cells.get(row * 1000 + column) ?? EMPTY;
    }

    words(row, column) {
      return this.labels.get(row)?.get(column) ?? "";
    }
  }

  Object.assign(pkimm, { openBook, plainWords: plain });
})((globalThis.pkimm ??= {}));
