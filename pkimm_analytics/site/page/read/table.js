/*
Assessments as the tables that `pkimm export` writes, CSV or xlsx: a row for each element.

Levels and repeated rows are read by the rules of pkimm_analytics/loaders/tabular. Of
several assessments the newest counts.
*/
"use strict";
(function (pkimm) {
  const { LIMITS, Refused, plainMap } = pkimm;
  const NEEDED = ["model_version", "mode", "element", "state", "level"];
  const NOT_APPLICABLE = ["n/a", "not applicable", "not_applicable"];
  const MOST_SHEETS = 20;
  const TOO_LONG = "The table has too many rows for this page: export one assessment.";

  const splitHead = (text) => {
    const head = text.split(/\r?\n/, 1)[0].slice(0, 2000);
    const delimiter = [",", ";", "\t"].find((one) => head.includes(one));
    return { delimiter, names: head.split(delimiter).map((name) => name.trim().replace(/^"|"$/g, "")) };
  };
  const looksLikeTable = (text) => NEEDED.every((name) => splitHead(text).names.includes(name));

  /* Rows of cells; quotes as in RFC 4180. */
  function rowsOf(text, delimiter) {
    const rows = [[""]];
    let isQuoted = false;
    for (let i = 0; i < text.length; i++) {
      const letter = text[i];
      const row = rows.at(-1);
      if (isQuoted) {
        if (letter !== '"') row[row.length - 1] += letter;
        else if (text[i + 1] === '"') row[row.length - 1] += text[++i];
        else isQuoted = false;
      } else if (letter === '"') isQuoted = true;
      else if (letter === delimiter) row.push("");
      else if (letter === "\n") rows.push([""]);
      else if (letter !== "\r") row[row.length - 1] += letter;
      if (rows.length > LIMITS.entries) throw new Refused(TOO_LONG);
    }
    return rows.filter((row) => row.length > 1);
  }

  function readTable(text) {
    const [names, ...rows] = rowsOf(text, splitHead(text).delimiter);
    return readEntries(rows.map((row) => entryOf(names, row)));
  }

  const entryOf = (names, row) =>
    plainMap(names.map((name, i) => [name.trim(), String(row[i] ?? "").trim()]));

  /* The workbook that `pkimm export --to xlsx` writes; null if it is another one. */
  async function readTableBook(book) {
    const entries = [];
    for (const title of book.titles.slice(0, MOST_SHEETS)) {
      const sheet = await book.sheet(title);
      const last = Math.max(0, ...[...sheet.cells.keys()].map((place) => place % 1000));
      const row = (number) => Array.from({ length: last }, (_, i) => sheet.at(number, i + 1).value);
      const names = row(1).map((name) => String(name ?? ""));
      const isProperties = ["property", "value"].every((name) => names.includes(name));
      if (!isProperties && !NEEDED.every((name) => names.includes(name))) continue;
      if (sheet.isCut) throw new Refused(TOO_LONG);
      for (const number of sheet.rows.slice(1)) {
        const entry = entryOf(names, row(number));
        if (isProperties) entry.element = entry.property;
        entries.push(entry);
      }
    }
    return entries.some((entry) => "level" in entry) ? readEntries(entries) : null;
  }

  function readEntries(entries) {
    const ids = new Set(entries.map((entry) => entry.assessment ?? ""));
    const refused = [];
    const read = [];
    for (const id of ids) {
      try {
        read.push(readOne(entries.filter((entry) => (entry.assessment ?? "") === id)));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused.push(error);
      }
    }
    if (!read.length) throw refused[0] ?? new Refused("The table has no rows.");
    const newest = read.reduce((best, one) => (one.date > best.date ? one : best));
    if (read.length > 1) {
      newest.problems.unshift(`${read.length} assessments; the newest is compared, by its date.`);
    }
    newest.problems.push(...refused.map(({ message }) => `An assessment was left out. ${message}`));
    return newest;
  }

  function readOne(entries) {
    const told = (name) => entries.map((entry) => entry[name]).find(Boolean) ?? "";
    const edition = pkimm.editions.find((one) => one.version === told("model_version"));
    if (!edition) throw new Refused("The table rates a model version that this site does not know.");
    const mode = told("mode");
    if (!["self", "full"].includes(mode)) throw new Refused("The table's mode is not known.");
    const property = (name) => entries.find((entry) => entry.element === name)?.value ?? "";
    const problems = [];
    const answers = plainMap([]);
    for (const { element, state, level } of entries) {
      if (!edition.has(element) && !edition.modules.includes(element)) continue;
      const found = answerOf((state ?? "").toLowerCase(), level ?? "");
      if (found === undefined) {
        problems.push(`${element}: neither a state nor a level from 1 to 5; left unanswered.`);
      }
      const answer = found ?? null;
      const before = answers[element];
      if (!answer || before === "contradicted") continue;
      if (before && (before.state !== answer.state || before.level !== answer.level)) {
        problems.push(`${element} is answered twice and differently; left out.`);
        answers[element] = "contradicted";
      } else answers[element] = answer;
    }
    for (const [key, one] of Object.entries(answers)) if (one === "contradicted") delete answers[key];
    const day = (name) => /^\d{4}-\d{2}-\d{2}/.exec(property(name))?.[0];
    const date = day("period.finish") ?? day("updated") ?? day("period.start") ?? "";
    const profile = plainMap(
      ["sector", "size", "region", "role"].map((name) => [name, property(`organization.${name}`)]),
    );
    return {
      edition,
      mode,
      answers,
      problems,
      date,
      kind: "table",
      assurance: property("assurance") || null,
      profile: pkimm.profileOf?.(profile) ?? {},
    };
  }

  /* Null if the row says nothing, undefined if what it says is none of the answers. */
  function answerOf(stated, level) {
    const rated = /^([1-5])([.,]0{1,9})?$/.exec(level);
    const isOff = NOT_APPLICABLE.includes(level.toLowerCase());
    const state = NOT_APPLICABLE.includes(stated) ? "not_applicable" : stated;
    if (rated) return ["", "rated"].includes(state) ? { state: "rated", level: Number(rated[1]) } : undefined;
    if (isOff) return ["", "not_applicable"].includes(state) ? { state: "not_applicable" } : undefined;
    if (level !== "") return undefined;
    if (state === "") return null;
    return ["unanswered", "not_applicable"].includes(state) ? { state } : undefined;
  }

  Object.assign(pkimm, { looksLikeTable, readTable, readTableBook });
})((globalThis.pkimm ??= {}));
