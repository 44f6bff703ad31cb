/*
The two official workbooks: levels of requirements, or of categories by buttons. Other
workbooks may hold a table, which table.js reads.

Found by their labels, never by a fixed address, and without what formulas compute. The
rules are those of pkimm_analytics/loaders/workbook; `pkimm.slots` has the numbered rows.
*/
"use strict";
(function (pkimm) {
  const { Refused, openBook, plainMap, plainWords } = pkimm;
  const VERSION = "1.0.0";
  const LEVELS = ["initial", "basic", "advanced", "managed", "optimized"];
  const TITLE = /^(\d\.\d)\.? +(\S.*)$/;
  const OFF = { state: "not_applicable" };
  const OPEN = { state: "unanswered" };
  const rated = (level) => ({ state: "rated", level });

  async function readWorkbook(bytes) {
    const book = await openBook(bytes);
    const edition = pkimm.editions.find((one) => one.version === VERSION);
    const full = await book.find("assessment", (s) => headers(s).size > 0 && codeRows(s).length > 0);
    if (full) return readFull(book, full, edition);
    const self = await book.find("tool", (s) => buttonPlaces(s, true).size >= 8);
    if (self) return readSelf(self, edition);
    const table = await pkimm.readTableBook(book);
    if (table) return table;
    throw new Refused("It is no official PKIMM workbook: the sheets with the answers are missing.");
  }

  // --- categories ------------------------------------------------------------------------

  /* Titles by code, such as 3.2., from the first sheet that has each. */
  function titles(sheets) {
    const found = new Map();
    for (const sheet of sheets) {
      for (const texts of sheet.labels.values()) {
        for (const text of texts.values()) {
          const match = TITLE.exec(text);
          if (match && !found.has(`${match[1]}.`)) found.set(`${match[1]}.`, match[2]);
        }
      }
    }
    return found;
  }

  /* Element keys of the categories by code, by title; unknown titles count as published. */
  function categoryKeys(found, edition, problems) {
    const byTitle = new Map(edition.categories.map((c) => [plainWords(c.name), c.key]));
    const published = new Map();
    for (const [code, native] of pkimm.slots) {
      const key = edition.natives[native];
      if (key && !published.has(code.slice(0, 4))) {
        published.set(code.slice(0, 4), key.split(".").slice(0, 2).join("."));
      }
    }
    const keys = new Map();
    const taken = new Set();
    const take = (code, key) => {
      keys.set(code, key);
      taken.add(key);
    };
    for (const code of published.keys()) {
      const key = byTitle.get(found.get(code) ?? "");
      if (key && !taken.has(key)) take(code, key);
    }
    for (const [code, key] of published) {
      if (keys.has(code)) continue;
      const isFree = !taken.has(key);
      problems.push(`Category ${code} has no known title; ${isFree ? "taken as published" : "left out"}.`);
      if (isFree) take(code, key);
    }
    return new Map([...published.keys()].filter((c) => keys.has(c)).map((c) => [c, keys.get(c)]));
  }

  // --- the full workbook -----------------------------------------------------------------

  async function readFull(book, sheet, edition) {
    const problems = [];
    const tech = book.titles.filter((title) => plainWords(title) === "tech").slice(0, 1);
    const others = book.titles.filter((title) =>
      ["evaluation", "scoping", "actionplans"].includes(plainWords(title)),
    );
    const read = async (names) => Promise.all(names.map((name) => book.sheet(name)));
    const sheets = [...(await read(tech)), sheet, ...(await read(others))];
    const keys = categoryKeys(titles(sheets), edition, problems);
    const scope = await readScope(book, problems);
    const rows = answerRows(sheet, problems);
    const answers = plainMap([]);
    for (const code of scope.categories) if (keys.has(code)) answers[keys.get(code)] = OFF;
    for (const [code, category] of keys) {
      edition.category(category).requirements.forEach((requirement, index) => {
        const slot = `${code}${index + 1}.`;
        if (!rows.has(slot)) problems.push(`${slot} has no row; left unanswered.`);
        const answer = rows.get(slot) ?? OPEN;
        answers[requirement.key] = scope.slots.has(slot) ? OFF : answer;
      });
    }
    return { edition, mode: "full", answers, problems, kind: "full workbook" };
  }

  /* Columns by label of every row that heads a list of requirements. */
  function headers(sheet) {
    const found = new Map();
    for (const [row, texts] of sheet.labels) {
      const columns = firstColumns(texts);
      if (columns.has("#") && columns.has("maturity level")) found.set(row, columns);
    }
    return found;
  }

  function firstColumns(texts) {
    const columns = new Map();
    for (const [column, text] of texts) if (!columns.has(text)) columns.set(text, column);
    return columns;
  }

  const slotCode = (text) => (/^\d\.\d\.\d\.?$/.test(text) ? `${text.replace(/\.$/, "")}.` : "");

  /* Row, columns of the header above, and code of every requirement row. */
  function codeRows(sheet) {
    const heads = headers(sheet);
    const found = [];
    let columns = new Map();
    for (const [row, texts] of sheet.labels) {
      columns = heads.get(row) ?? columns;
      const code = slotCode(texts.get(columns.get("#")) ?? "");
      if (code) found.push([row, columns, code]);
    }
    return found;
  }

  function answerRows(sheet, problems) {
    const rows = new Map();
    for (const [row, columns, code] of codeRows(sheet)) {
      const answer = fullAnswer(sheet.at(row, columns.get("maturity level")));
      if (answer === null) problems.push(`Row ${row}: no level; left unanswered.`);
      const taken = answer ?? OPEN;
      if (!rows.has(code)) rows.set(code, taken);
      else if (JSON.stringify(rows.get(code)) !== JSON.stringify(taken)) {
        problems.push(`${code} occurs twice, with different answers; left unanswered.`);
        rows.set(code, OPEN);
      }
    }
    return rows;
  }

  /* An answer of the full workbook: the name of a level, or nothing; null if it is neither. */
  function fullAnswer(cell) {
    if (cell.isEmpty) return cell.isFormula ? null : OPEN;
    if (typeof cell.value === "number") return wholeLevel(cell.value);
    if (typeof cell.value !== "string") return null;
    const word = plainWords(cell.value);
    if (LEVELS.includes(word)) return rated(LEVELS.indexOf(word) + 1);
    if (["n/a", "na", "n.a.", "not applicable"].includes(word)) return OFF;
    if (["", "not evaluated", "not assessed"].includes(word)) return OPEN;
    return /^[0-9](\.0+)?$/.test(word) ? wholeLevel(Number(word[0])) : null;
  }

  const wholeLevel = (value) => ([1, 2, 3, 4, 5].includes(value) ? rated(value) : null);

  // --- its scope -------------------------------------------------------------------------

  async function readScope(book, problems) {
    const nothing = { categories: new Set(), slots: new Set() };
    const sheet = await book.find("scoping", (one) => scopeHeader(one) !== null);
    const header = sheet && scopeHeader(sheet);
    if (!header) {
      problems.push("No sheet with the scope was found; everything is taken as IN.");
      return nothing;
    }
    for (const [code, row] of slotRows(sheet, header, problems)) {
      if (code.endsWith(".1.") && isOut(sheet.at(row, header.categories))) {
        nothing.categories.add(code.slice(0, 4));
      }
      if (isOut(sheet.at(row, header.slots))) nothing.slots.add(code);
    }
    return nothing;
  }

  /* As the workbook compares: capitals do not matter, blanks do. */
  const isOut = (cell) => typeof cell.value === "string" && cell.value.toLowerCase() === "out of";

  /* Row and columns of the header: the first `Scope` is that of the categories. */
  function scopeHeader(sheet) {
    for (const [row, texts] of sheet.labels) {
      const scopes = [...texts].filter(([, text]) => text === "scope").map(([column]) => column);
      const columns = firstColumns(texts);
      const isHeader = ["module", "category", "reason"].every((text) => columns.has(text));
      if (scopes.length >= 2 && isHeader) {
        const numbers = columns.get("#") ?? scopes[1] - 2;
        return { row, categories: scopes[0], slots: scopes[1], numbers };
      }
    }
    return null;
  }

  /* Row of each slot: by its number where the results are stored, else by their order. */
  function slotRows(sheet, header, problems) {
    const codes = pkimm.slots.map(([code]) => code);
    const below = sheet.rows.filter((row) => row > header.row);
    const coded = new Map();
    for (const row of below) {
      const code = slotCode(sheet.words(row, header.numbers));
      if (codes.includes(code)) coded.set(code, row);
    }
    if (coded.size === codes.length) return coded;
    const numbered = below.filter((row) => sheet.cells.has(row * 1000 + header.numbers));
    const filled = below.filter((row) => !sheet.at(row, header.slots).isEmpty);
    for (const rows of [numbered, filled]) {
      if (rows.length === codes.length) return new Map(codes.map((code, i) => [code, rows[i]]));
    }
    problems.push("Some rows of the scope were not found; they are taken as IN.");
    return coded;
  }

  // --- the self workbook -----------------------------------------------------------------

  function readSelf(sheet, edition) {
    const problems = [];
    const keys = categoryKeys(titles([sheet]), edition, problems);
    const places = new Map([...buttonPlaces(sheet, false), ...buttonPlaces(sheet, true)]);
    const answers = plainMap([]);
    for (const [code, key] of keys) {
      if (!places.has(code)) {
        problems.push(`Category ${code} has no title; left unanswered.`);
        continue;
      }
      const answer = selfAnswer(sheet.at(...places.get(code)));
      if (answer === null) problems.push(`Category ${code}: no level; left unanswered.`);
      answers[key] = answer ?? OPEN;
    }
    return { edition, mode: "self", answers, problems, kind: "self workbook" };
  }

  /* Answer cell by code: above the numbers 6 and 7 of the last two buttons beside it. */
  function buttonPlaces(sheet, isStrict) {
    const places = new Map();
    for (const [row, texts] of sheet.labels) {
      for (const [column, text] of texts) {
        const match = TITLE.exec(text);
        if (!match || places.has(`${match[1]}.`)) continue;
        const is = (r, value) => sheet.at(r, column + 1).value === value;
        const found = [1, 2, 3, 4, 5].map((n) => row + n).find((r) => is(r, 6) && is(r + 1, 7));
        if (found || !isStrict) places.set(`${match[1]}.`, [found ?? row + 2, column]);
      }
    }
    return places;
  }

  /* 1 to 5, 6 for not applicable, else nothing; LibreOffice saves 1 as TRUE and 0 as FALSE. */
  function selfAnswer(cell) {
    if (cell.isEmpty) return cell.isFormula ? null : OPEN;
    let number = typeof cell.value === "boolean" ? Number(cell.value) : cell.value;
    if (typeof number === "string") {
      const word = plainWords(number);
      number = /^[0-9](\.0+)?$/.test(word) ? Number(word[0]) : null;
    }
    if ([1, 2, 3, 4, 5].includes(number)) return rated(number);
    if (number === 6) return OFF;
    return number === 0 || number === 7 ? OPEN : null;
  }

  Object.assign(pkimm, { readWorkbook });
})((globalThis.pkimm ??= {}));
