/* One assessment as the CSV table that `pkimm export --to csv` writes: a row for each element. */
"use strict";
(function (pkimm) {
  const { LIMITS, Refused, plainMap } = pkimm;
  const NEEDED = ["model_version", "mode", "element", "state", "level"];

  const looksLikeTable = (text) => {
    const head = text.slice(0, 2000).split(/\r?\n/)[0];
    return NEEDED.every((name) => head.split(/[,;\t]/).includes(name));
  };

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
      if (rows.length > LIMITS.entries) throw new Refused("The table has too many rows.");
    }
    return rows.filter((row) => row.length > 1);
  }

  function readTable(text) {
    const head = text.split(/\r?\n/)[0];
    const delimiter = [",", ";", "\t"].find((one) => head.includes(one));
    const [names, ...rows] = rowsOf(text, delimiter);
    const cell = (row, name) => (row[names.indexOf(name)] ?? "").trim();
    const ids = new Set(rows.map((row) => cell(row, "assessment")));
    if (ids.size !== 1) throw new Refused("The table must hold exactly one assessment.");
    const edition = pkimm.editions.find((one) => one.version === cell(rows[0], "model_version"));
    if (!edition) throw new Refused("The table rates a model version that this site does not know.");
    const mode = cell(rows[0], "mode");
    if (!["self", "full"].includes(mode)) throw new Refused("The table's mode is not known.");
    const problems = [];
    const answers = plainMap([]);
    const profile = {};
    let assurance = null;
    for (const row of rows) {
      const key = cell(row, "element");
      const about = /^organization\.(sector|size|region|role)$/.exec(key);
      if (about) profile[about[1]] = cell(row, "value");
      if (key === "assurance") assurance = cell(row, "value");
      if (!edition.has(key) && !edition.modules.includes(key)) continue;
      const answer = answerOf(cell(row, "state"), cell(row, "level"));
      if (!answer) problems.push(`${key}: neither a state nor a level from 1 to 5; left unanswered.`);
      answers[key] = answer ?? { state: "unanswered" };
    }
    const codes = pkimm.profileOf?.(profile) ?? {};
    return { edition, mode, answers, problems, kind: "table", assurance, profile: codes };
  }

  function answerOf(state, level) {
    if (state === "not_applicable") return { state };
    if (state === "unanswered" || (state === "" && level === "")) return { state: "unanswered" };
    const isLevel = /^[1-5](\.0+)?$/.test(level);
    return isLevel && ["", "rated"].includes(state) ? { state: "rated", level: Number(level[0]) } : null;
  }

  Object.assign(pkimm, { looksLikeTable, readTable });
})((globalThis.pkimm ??= {}));
