/*
Share links, YAML files and browser data of the official web tool, every generation.

Only ratings are read: which element, which level, whether it applies. Names, notes and
everything else in the source is never looked at. The rules are those of
pkimm_analytics/loaders/web_tool.
*/
"use strict";
(function (pkimm) {
  const { LIMITS, Refused, base64, identify, inflate, isMap, latin1, meanings, plainMap } = pkimm;
  const { readJson, textOf, decoded } = pkimm;
  const PARAMETERS = ["progress", "full"];
  const NAMES = ["assessmentName", "assessorName", "useCaseDescription"];
  const RATED = (level) => ({ state: "rated", level });
  const OFF = { state: "not_applicable" };
  const OPEN = { state: "unanswered" };

  const isLink = (text) =>
    /^(?:[^\s"'{}<>]{0,300}#)?(?:progress|assessmentName)=/.test(text.slice(0, 2000).trimStart());

  // --- links ---------------------------------------------------------------------------

  /* Parameters behind the #, decoded from percent signs; line breaks of a mail removed. */
  function parameters(text) {
    const joined = text.trim().replace(/\s*[\r\n]\s*/g, "");
    const values = {};
    for (const part of joined.slice(joined.lastIndexOf("#") + 1).split("&")) {
      const at = part.indexOf("=");
      const key = part.slice(0, Math.max(at, 0));
      if (![...PARAMETERS, ...NAMES].includes(key)) continue;
      let value = unquote(part.slice(at + 1));
      if (/%[0-9A-Fa-f]{2}/.test(value)) value = unquote(value);
      if ((values[key] ??= value) !== value) {
        throw new Refused("The link has a part twice, with different content.");
      }
    }
    return values;
  }

  const unquote = (text) =>
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

  const CUT = "The link was cut or changed: copy the whole link again.";

  async function readLink(text) {
    if (text.length > LIMITS.link) throw new Refused("The link is too long.");
    const values = parameters(text);
    if (!values.progress) throw new Refused("The link has no ratings: 'progress=' is missing.");
    const bytes = base64(values.progress);
    if (!bytes) throw new Refused(CUT);
    let progress;
    try {
      progress = readJson(decoded(bytes) ?? latin1(bytes));
    } catch (error) {
      throw error instanceof Refused ? new Refused(CUT) : error;
    }
    if (!isMap(progress)) throw new Refused("The link holds no ratings by category.");
    const problems = [];
    if (progress.dataVersion !== undefined) {
      await addFull(progress, values.full, problems);
      return generation2(progress, "link", problems);
    }
    refuseOthers(progress);
    if (progress.progress !== undefined) {
      return generation1(mapOf(progress, "progress"), true, progress.enabledExtensions);
    }
    return generation1(mapOf({ progress }, "progress"), false);
  }

  /* Ratings of requirements travel compressed, in a part of their own. */
  async function addFull(record, value, problems) {
    if (!value) return;
    const left = "The ratings of requirements could not be read; those of categories were.";
    try {
      const bytes = base64(value);
      const full = bytes && readJson(decoded(await inflate(bytes)) ?? "");
      const fits = isMap(full) && (full.dataVersion ?? record.dataVersion) === record.dataVersion;
      if (fits && isMap(full.requirementProgress)) {
        record.requirementProgress = full.requirementProgress;
      } else problems.push(left);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.push(left);
    }
  }

  // --- documents -----------------------------------------------------------------------

  /* A YAML file, browser storage, or the content of a link, parsed already. */
  function readRecord(document) {
    let record = document;
    let stored = record.assessmentData;
    if (record.progress === undefined && typeof stored === "string") stored = readJson(stored);
    if (record.progress === undefined && isMap(stored)) record = stored;
    refuseOthers(record);
    if (record.dataVersion !== undefined) return generation2(record, "file", []);
    if (record.progress !== undefined) {
      const enabled = record.enabledExtensions;
      return generation1(mapOf(record, "progress"), enabled !== undefined, enabled);
    }
    const pairs = Object.entries(record);
    if (pairs.length && pairs.every(([key, entry]) => key.includes(".") && isMap(entry))) {
      return generation1(mapOf({ progress: record }, "progress"), false);
    }
    throw new Refused("It is no file of the web tool: ratings by category are missing.");
  }

  function refuseOthers(record) {
    const version = record.stateSchemaVersion ?? 1;
    const instead = "Export the assessment itself from the web tool and take that.";
    if (record.kind === "pkimm-scope-template") {
      throw new Refused(`A scope template holds no ratings. ${instead}`);
    }
    if (record.format === "pkic-assessment-package") {
      throw new Refused(`Assessment packages are a draft that is not in use for PKIMM. ${instead}`);
    }
    if (record.kind === "pkimm-assessment" || record.formatVersion !== undefined) {
      throw new Refused(`The web tool has withdrawn this format. ${instead}`);
    }
    if (!Number.isInteger(version) || version > 2) {
      throw new Refused("A newer web tool wrote this; it cannot be read here yet.");
    }
  }

  function mapOf(document, field) {
    const value = document[field] ?? plainMap([]);
    if (!isMap(value)) throw new Refused("It is no file of the web tool: ratings are no map.");
    if (Object.keys(value).length > LIMITS.entries) throw new Refused("It has too many entries.");
    return value;
  }

  // --- entries -------------------------------------------------------------------------

  /* The number that JavaScript, and so the tool, makes of a level; NaN where it makes none. */
  function levelNumber(value) {
    if (typeof value === "number") return value;
    if (typeof value !== "string" || value.length > 30) return NaN;
    return /^\s*([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?)?\s*$/i.test(value) ? Number(value) : NaN;
  }

  /* Level 1 to 5, or null; a level that is none is a problem and stays unanswered. */
  function levelOf(entry, key, problems, isRequired) {
    if (entry.level === undefined || entry.level === null) {
      if (isRequired) problems.push(`${place(key)}: no level; read as unanswered.`);
      return null;
    }
    const number = levelNumber(entry.level);
    if (![0, 1, 2, 3, 4, 5].includes(number)) {
      problems.push(`${place(key)}: not a level from 1 to 5; read as unanswered.`);
      return null;
    }
    return number || null;
  }

  /* A key that is no id is not repeated: it may be a name. */
  const place = (key) =>
    /^[A-Za-z][a-z0-9-]{0,39}(\.[A-Za-z0-9][a-z0-9-]{0,79}){1,3}$/.test(key) ? key : "An entry";

  // --- 1.0.x and development builds ------------------------------------------------------

  function generation1(progress, isDevelopment, enabled) {
    const isForeign = (key) =>
      isDevelopment && key.split(".").length === 3 && !"GMOR".includes(key.split(".")[0]);
    const base = plainMap(Object.entries(progress).filter(([key]) => !isForeign(key)));
    const numbering = identify(base);
    if (!numbering) throw new Refused("It has no category of the web tool 1.0.x.");
    const file = numbering.candidates[0];
    const edition = pkimm.editions.find((one) => one.version === file.version);
    const problems = [];
    if (numbering.by === "empty" || numbering.by === "nothing") {
      problems.push(`Nothing says which model was rated; PKIMM ${file.version} is assumed.`);
    }
    const answers = plainMap([]);
    for (const [element, keys] of claims(base, numbering, edition, problems)) {
      for (const key of keys) {
        const answer = answer1(base[key], key, problems);
        if (answer) answers[element] = answer;
      }
    }
    problems.push(
      "The web tool 1.0.x starts every category at level 1: untouched cannot be told from rated 1.",
    );
    const extensions = isDevelopment ? enabledExtensions(enabled) : [];
    return { edition, mode: "self", answers, problems, extensions, kind: "web tool 1.0.x" };
  }

  /* Tool keys by the element that they rate, in the order of the edition. */
  function claims(base, numbering, edition, problems) {
    const found = new Map(edition.categories.map((category) => [category.key, []]));
    for (const [key, entry] of Object.entries(base)) {
      const possible = meanings(numbering, key);
      const text = textOf(entry);
      const inEdition = text && found.has(text.key);
      if (!possible.length) problems.push(`${place(key)}: no such category; left out.`);
      else if (!text && possible.length > 1) problems.push(`${place(key)}: unclear; left out.`);
      else if (!text) found.get(possible[0])?.push(key);
      else if (possible.includes(text.key) || inEdition) {
        (found.get(text.key) ?? found.set(text.key, []).get(text.key)).push(key);
      } else problems.push(`${place(key)}: rates a category that the model lacks; left out.`);
    }
    for (const [element, keys] of found) {
      if (keys.length < 2) continue;
      const own = keys.filter((key) => String(meanings(numbering, key)) === element);
      found.set(element, own.length === 1 ? own : []);
      problems.push(`${element}: several entries rate it; only what is clear was read.`);
    }
    return [...found].filter(([element]) => edition.categories.some((c) => c.key === element));
  }

  function answer1(entry, key, problems) {
    if (!isMap(entry)) {
      problems.push(`${place(key)}: no rating; read as unanswered.`);
      return null;
    }
    if (!entry.applicability) return OFF; // as the tool: missing, null, 0 and "" are false
    const level = levelOf(entry, key, problems, true);
    return level ? RATED(level) : null;
  }

  // --- the 2.0.0 generation --------------------------------------------------------------

  function generation2(record, form, problems) {
    refuseOthers(record);
    if (record.progress === undefined && record.requirementProgress === undefined) {
      throw new Refused("It holds no ratings.");
    }
    const progress = mapOf(record, "progress");
    const requirements = mapOf(record, "requirementProgress");
    const { edition, find } = elements(record, progress, requirements);
    const extensions = enabledExtensions(record.enabledExtensions);
    const enabled = new Set(extensions.map(([id]) => id));
    const isFull = Object.keys(requirements).length > 0;
    const answers = plainMap([]);
    const rated = new Set();
    for (const [key, entry] of Object.entries(requirements)) {
      const element = find(key);
      if (!edition.hasRequirement(element) || element in answers) {
        problems.push(`${place(key)}: ${edition.name} has no such element; left out.`);
        continue;
      }
      answers[element] = answer2(entry, key, problems);
      if (answers[element].state === "rated") rated.add(element.split(".").slice(0, 2).join("."));
    }
    const seen = new Set();
    for (const [key, entry] of Object.entries(progress)) {
      if (!isBase(key)) {
        if (!enabled.has(key.split(".")[0])) problems.push(`${place(key)}: left out.`);
        continue; // ratings of extensions are not part of the benchmark
      }
      const element = find(key);
      if (!edition.hasCategory(element) || seen.has(element)) {
        problems.push(`${place(key)}: ${edition.name} has no such element; left out.`);
        continue;
      }
      seen.add(element);
      const answer = answer2(entry, key, problems);
      // In a link, a category level beside rated requirements is the tool's own result.
      const isResult = form === "link" && rated.has(element) && answer.state === "rated";
      if (answer.state !== "unanswered" && !isResult) answers[element] = answer;
    }
    const mode = isFull ? "full" : "self";
    return { edition, mode, answers, problems, extensions, kind: "web tool 2.0.0" };
  }

  function answer2(entry, key, problems) {
    if (!isMap(entry)) {
      problems.push(`${place(key)}: no rating; read as unanswered.`);
      return OPEN;
    }
    if (entry.applicability === false) return OFF;
    const level = levelOf(entry, key, problems, false);
    return level ? RATED(level) : OPEN;
  }

  const isBase = (key) => "GMOR".includes(key.split(".")[0]) || key.split(".").length !== 3;

  /* Id and version, if one is stated, of each enabled extension. */
  function enabledExtensions(raw) {
    const items = Array.isArray(raw) ? raw : raw === undefined || raw === null ? [] : [raw];
    return items.map((item) => (isMap(item) ? [item.id, item.version || null] : [item, null]));
  }

  /* The edition of a record, and a function from its keys to element keys. */
  function elements(record, progress, requirements) {
    const version = record.dataVersion;
    if (typeof version !== "string" || !/^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(version)) {
      throw new Refused("It does not say which model it rates: 'dataVersion' is no version.");
    }
    const byKey = isMap(record.sourceStructure) ? record.sourceStructure.byKey : null;
    const stated = Object.keys(isMap(byKey) ? byKey : {}).filter(isBase);
    const known = stated.length
      ? stated
      : [...Object.keys(progress).filter(isBase), ...Object.keys(requirements)];
    const fitting = pkimm.editions.filter((one) => one.version === version);
    if (!fitting.length) throw new Refused("It rates a model version that this site does not know.");
    const lacking = (one) => known.filter((key) => !one.has(key)).length;
    const best = fitting.reduce((a, b) => (lacking(b) < lacking(a) ? b : a));
    return version.startsWith("1.") ? byNumber(best, progress) : withFinder(best, best.natives);
  }

  /* A record with the numbers of an older model, whichever numbers they are. */
  function byNumber(edition, progress) {
    const numbered = Object.entries(progress).filter(([k]) => isBase(k) && !edition.hasCategory(k));
    const numbering = identify(plainMap(numbered));
    const isSettled = numbering && ["keys", "texts"].includes(numbering.by);
    if (!isSettled) return withFinder(edition, edition.natives);
    const file = numbering.candidates[0];
    const actual = pkimm.editions.find((one) => one.version === file.version);
    return withFinder(actual, file.keys);
  }

  function withFinder(edition, numbers) {
    const category = (key) =>
      Object.hasOwn(numbers, key) ? numbers[key] : edition.hasCategory(key) ? key : null;
    const find = (key) => {
      if (category(key)) return category(key);
      if (edition.hasRequirement(key)) return key;
      const at = key.lastIndexOf(".");
      const parent = at > 0 ? category(key.slice(0, at)) : null;
      if (!parent || !edition.hasCategory(parent)) return null;
      return edition.natives[`${edition.category(parent).native}${key.slice(at)}`] ?? null;
    };
    return { edition, find };
  }

  const looksLikeYaml = (text) =>
    /^["']?(?:progress|dataVersion|stateSchemaVersion|formatVersion|kind)["']?[ \t]*:/m.test(
      text.slice(0, 20_000),
    );

  Object.assign(pkimm, { isLink, looksLikeYaml, readLink, readRecord });
})((globalThis.pkimm ??= {}));
