/*
Share links, YAML files and browser data of the official web tool, every generation.

Only ratings are read: which element, which level, whether it applies. Names, notes and
everything else in the source is never looked at. The rules are those of
pkimm_analytics/loaders/web_tool; tests hold this file to them, figure by figure.
*/

const PARAMETERS = ["progress", "full", "assessmentName", "assessorName", "useCaseDescription"];

const isLink = (text) =>
  /^(?:[^\s"'{}<>]{0,300}#)?(?:progress|assessmentName)=/.test(text.slice(0, 2000).trimStart());

const looksLikeYaml = (text) =>
  /^["']?(?:progress|dataVersion|stateSchemaVersion|formatVersion|kind)["']?[ \t]*:/m.test(
    text.slice(0, 20_000),
  );

// --- links --------------------------------------------------------------------------------

/* Parameters behind the #, decoded from percent signs; line breaks of a mail removed. */
function parameters(text) {
  const joined = text.trim().replace(/\s*[\r\n]\s*/g, "");
  const values = {};
  for (const part of joined.slice(joined.lastIndexOf("#") + 1).split("&")) {
    const at = part.indexOf("=");
    const key = part.slice(0, Math.max(at, 0));
    if (!PARAMETERS.includes(key)) continue;
    let value = unquote(part.slice(at + 1));
    if (/%[0-9A-Fa-f]{2}/.test(value)) value = unquote(value);
    if ((values[key] ??= value) !== value) throw new Refused("link_twice");
  }
  return values;
}

const unquote = (text) =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

async function readLink(text) {
  if (text.length > LIMITS.link) throw new Refused("too_large");
  const values = parameters(text);
  const bytes = base64(values.progress ?? "");
  if (!values.progress || !bytes) throw new Refused("link_cut");
  let progress;
  try {
    progress = readJson(decoded(bytes) ?? latin1(bytes));
  } catch (error) {
    throw error instanceof Refused ? new Refused("link_cut") : error;
  }
  if (!isMap(progress)) throw new Refused("no_ratings");
  if (progress.dataVersion !== undefined) {
    const problems = [];
    await addFull(progress, values.full, problems);
    return generation2(progress, "link", problems);
  }
  refuseOthers(progress);
  return generation1(mapOf({ progress }, "progress"));
}

/* Ratings of requirements travel compressed, in a part of their own. */
async function addFull(record, value, problems) {
  if (!value) return;
  try {
    const bytes = base64(value);
    const full = bytes && readJson(decoded(await inflate(bytes)) ?? "");
    const fits = isMap(full) && (full.dataVersion ?? record.dataVersion) === record.dataVersion;
    if (fits && isMap(full.requirementProgress)) {
      record.requirementProgress = full.requirementProgress;
      return;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  problems.push(["no_requirements", ""]);
}

// --- documents ----------------------------------------------------------------------------

/* A YAML file, browser storage, or the content of a link, parsed already. */
function readRecord(document) {
  let record = document;
  let stored = record.assessmentData;
  if (record.progress === undefined && typeof stored === "string") stored = readJson(stored);
  if (record.progress === undefined && isMap(stored)) record = stored;
  refuseOthers(record);
  if (record.dataVersion !== undefined) return generation2(record, "file", []);
  if (record.progress !== undefined) return generation1(mapOf(record, "progress"));
  const pairs = Object.entries(record);
  if (pairs.length && pairs.every(([key, entry]) => key.includes(".") && isMap(entry))) {
    return generation1(mapOf({ progress: record }, "progress"));
  }
  throw new Refused("no_ratings");
}

function refuseOthers(record) {
  const version = record.stateSchemaVersion ?? 1;
  const isOther =
    ["pkimm-scope-template", "pkimm-assessment"].includes(record.kind) ||
    record.format === "pkic-assessment-package" ||
    record.formatVersion !== undefined;
  if (isOther) throw new Refused("other_format");
  if (!Number.isInteger(version) || version > 2) throw new Refused("newer_format");
}

function mapOf(document, field) {
  const value = document[field] ?? plainMap([]);
  if (!isMap(value)) throw new Refused("no_ratings");
  if (Object.keys(value).length > LIMITS.entries) throw new Refused("too_large");
  return value;
}

// --- entries ------------------------------------------------------------------------------

/* The number that JavaScript, and so the tool, makes of a level; NaN where it makes none. */
function levelNumber(value) {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.length > 30) return NaN;
  return /^\s*([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?)?\s*$/i.test(value) ? Number(value) : NaN;
}

/* The answer that an entry holds; a level that is none is a problem and stays unanswered. */
function answerOf(entry, key, problems, { isOff, wantsLevel }) {
  if (!isMap(entry)) {
    problems.push(["no_rating", placeOf(key)]);
    return { state: "unanswered" };
  }
  if (isOff(entry.applicability)) return { state: "not_applicable" };
  const isMissing = entry.level === undefined || entry.level === null;
  const level = isMissing ? (wantsLevel ? NaN : 0) : levelNumber(entry.level);
  if (![0, 1, 2, 3, 4, 5].includes(level)) problems.push(["no_level", placeOf(key)]);
  return level >= 1 && level <= 5 && Number.isInteger(level)
    ? { state: "rated", level }
    : { state: "unanswered" };
}

/* A key that is no id is not repeated: it may be a name. */
const placeOf = (key) =>
  /^[A-Za-z][a-z0-9-]{0,39}(\.[A-Za-z0-9][a-z0-9-]{0,79}){1,3}$/.test(key) ? key : "";

// --- 1.0.x --------------------------------------------------------------------------------

/* As the tool: missing, null, 0 and "" are false. */
const RULES_1 = { isOff: (applicability) => !applicability, wantsLevel: true };

function generation1(progress) {
  const numbering = identify(progress);
  if (!numbering) throw new Refused("no_ratings");
  const file = numbering.candidates[0];
  const edition = facts.editions.find((one) => one.version === file.version);
  const problems = [["starts_at_one", ""]];
  if (numbering.by === "empty" || numbering.by === "nothing") {
    problems.push(["edition_assumed", "", edition.name]);
  }
  const answers = plainMap([]);
  for (const [element, keys] of claims(progress, numbering, edition, problems)) {
    for (const key of keys) {
      const answer = answerOf(progress[key], key, problems, RULES_1);
      if (answer.state !== "unanswered") answers[element] = answer;
    }
  }
  return { edition, mode: "self", answers, problems, extensions: [], kind: "1.0" };
}

/* Tool keys by the element that they rate, in the order of the edition. */
function claims(progress, numbering, edition, problems) {
  const claimed = new Map(edition.categories.map((category) => [category.key, []]));
  const add = (element, key) => claimed.set(element, [...(claimed.get(element) ?? []), key]);
  for (const [key, entry] of Object.entries(progress)) {
    const possible = meanings(numbering, key);
    const text = textOf(entry);
    if (!possible.length || (!text && possible.length > 1)) problems.push(["no_element", placeOf(key), edition.name]);
    else if (!text) claimed.get(possible[0])?.push(key);
    else if (possible.includes(text.key) || claimed.has(text.key)) add(text.key, key);
    else problems.push(["no_element", placeOf(key), edition.name]);
  }
  for (const [element, keys] of claimed) {
    if (keys.length < 2) continue;
    const own = keys.filter((key) => String(meanings(numbering, key)) === element);
    claimed.set(element, own.length === 1 ? own : []);
    problems.push(["rated_twice", placeOf(element)]);
  }
  return [...claimed].filter(([element]) => edition.hasCategory(element));
}

/*
Which data file of the tool 1.0.x a map of ratings was made with: {candidates, by}, the
first candidate is the assumed one; null if no key is known.

No link or file of 1.0.x names its model version, and three data files number the
categories differently. The set of keys settles it in nearly all cases, else the official
descriptions, known by their fingerprints.
*/
function identify(progress) {
  const { files } = facts.numbering;
  const keys = Object.keys(progress);
  if (!keys.length) return { candidates: files.slice(0, 1), by: "empty" };
  const has = (file, key) => Object.hasOwn(file.keys, key);
  const present = keys.filter((key) => files.some((file) => has(file, key)));
  if (!present.length) return null;
  const complete = files.filter((f) => Object.keys(f.keys).every((key) => present.includes(key)));
  const covering = files.filter((f) => present.every((key) => has(f, key)));
  const fitting = complete.length ? complete : covering;
  if (fitting.length === 1) return { candidates: fitting, by: "keys" };
  const supported = agreeing(progress, present, fitting.length ? fitting : files);
  if (supported.length === 1) return { candidates: supported, by: "texts" };
  const shared = (file) => present.filter((key) => has(file, key)).length;
  return { candidates: supported.toSorted((a, b) => shared(b) - shared(a)), by: "nothing" };
}

/* The category and data files that a description belongs to, if it is an official one. */
function textOf(entry) {
  const text = isMap(entry) ? entry.description : null;
  if (typeof text !== "string" || !text.trim()) return null;
  const squeezed = text.toLowerCase().trim().replace(/\s+/g, " ");
  return facts.numbering.texts[sha256(squeezed).slice(0, 16)] ?? null;
}

/* Candidates that agree with the most descriptions. */
function agreeing(progress, present, candidates) {
  const texts = present.map((key) => [key, textOf(progress[key])]);
  const counts = candidates.map(
    (file) =>
      texts.filter(([k, t]) => t && t.files.includes(file.id) && file.keys[k] === t.key).length,
  );
  return candidates.filter((_, i) => counts[i] === Math.max(...counts));
}

/* Element keys that a key of the tool stands for in the candidates. */
const meanings = ({ candidates }, key) => [
  ...new Set(candidates.filter((f) => Object.hasOwn(f.keys, key)).map((f) => f.keys[key])),
];

// --- the 2.0.0 generation -----------------------------------------------------------------

const RULES_2 = { isOff: (applicability) => applicability === false, wantsLevel: false };

function generation2(record, form, problems) {
  refuseOthers(record);
  if (record.progress === undefined && record.requirementProgress === undefined) {
    throw new Refused("no_ratings");
  }
  const progress = mapOf(record, "progress");
  const requirements = mapOf(record, "requirementProgress");
  const { edition, find } = elements(record, progress, requirements, problems);
  const extensions = enabledExtensions(record.enabledExtensions);
  const enabled = new Set(extensions.map(([id]) => id));
  const answers = plainMap([]);
  const rated = new Set();
  for (const [key, entry] of Object.entries(requirements)) {
    const element = find(key);
    if (!edition.hasRequirement(element) || element in answers) {
      problems.push(["no_element", placeOf(key), edition.name]);
      continue;
    }
    answers[element] = answerOf(entry, key, problems, RULES_2);
    if (answers[element].state === "rated") rated.add(element.split(".").slice(0, 2).join("."));
  }
  const seen = new Set();
  for (const [key, entry] of Object.entries(progress)) {
    const element = isBase(key) ? find(key) : null;
    if (!edition.hasCategory(element) || seen.has(element)) {
      // Ratings of enabled extensions are known, but no part of the benchmark.
      if (isBase(key) || !enabled.has(key.split(".")[0])) problems.push(["no_element", placeOf(key), edition.name]);
      continue;
    }
    seen.add(element);
    const answer = answerOf(entry, key, problems, RULES_2);
    // In a link, a category level beside rated requirements is the tool's own result.
    const isResult = form === "link" && rated.has(element) && answer.state === "rated";
    if (answer.state !== "unanswered" && !isResult) answers[element] = answer;
  }
  const mode = Object.keys(requirements).length > 0 ? "full" : "self";
  return { edition, mode, answers, problems, extensions, kind: "2.0.0" };
}

const isBase = (key) => "GMOR".includes(key.split(".")[0]) || key.split(".").length !== 3;

/* Id and version, if one is stated, of each enabled extension. */
function enabledExtensions(raw) {
  const items = Array.isArray(raw) ? raw : raw === undefined || raw === null ? [] : [raw];
  return items.map((item) => (isMap(item) ? [item.id, item.version || null] : [item, null]));
}

/* The edition of a record, and a function from its keys to element keys. */
function elements(record, progress, requirements, problems) {
  const version = record.dataVersion;
  const fitting = [...facts.editions, ...facts.archived].filter((one) => one.version === version);
  if (!fitting.length) throw new Refused("edition");
  const byKey = isMap(record.sourceStructure) ? record.sourceStructure.byKey : null;
  const stated = Object.keys(isMap(byKey) ? byKey : {}).filter(isBase);
  const known = stated.length
    ? stated
    : [...Object.keys(progress).filter(isBase), ...Object.keys(requirements)];
  const named = new Set(known);
  const listed = Array.isArray(record.enabledExtensions) ? record.enabledExtensions : [];
  const enabled = listed.filter(isMap).map(({ id, version: number }) => `${id} ${number}`);
  const distance = (one) => [
    known.filter((key) => !one.has(key)).length,
    stated.length ? one.keys.filter((key) => !named.has(key)).length : 0,
    one.withExtensions.some((extension) => enabled.includes(extension)) ? 0 : 1,
  ];
  const isNearer = (a, b) => {
    const at = a.findIndex((n, i) => n !== b[i]);
    return at >= 0 && a[at] < b[at];
  };
  const best = fitting.reduce((a, b) => (isNearer(distance(b), distance(a)) ? b : a));
  const fits = (one) => String(distance(one).slice(0, 2)) === String(distance(best).slice(0, 2));
  if (fitting.filter(fits).length > 1) {
    problems.push(["edition_of_several", "", `${best.name}, ${best.requirements.size}`]);
  }
  return version.startsWith("1.") ? byNumber(best, progress) : withFinder(best, best.natives);
}

/* A record with the numbers of an older model, whichever numbers they are. */
function byNumber(edition, progress) {
  const numbered = Object.entries(progress).filter(([k]) => isBase(k) && !edition.hasCategory(k));
  const numbering = identify(plainMap(numbered));
  const isSettled = numbering && ["keys", "texts"].includes(numbering.by);
  if (!isSettled) return withFinder(edition, edition.natives);
  const file = numbering.candidates[0];
  return withFinder(facts.editions.find((one) => one.version === file.version), file.keys);
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
