/*
From whatever a visitor drops or pastes to ratings: bytes, JSON, YAML, and the formats.

Read here are share links and files of the official web tool, and the package's own
documents; everything else is read by `pkimm`, which writes such a document. Nothing of a
file is repeated: what cannot be read is told by a code, for which the page has the words.
*/

const LIMITS = { bytes: 20_000_000, link: 1_000_000, inflated: 2_000_000, depth: 40, entries: 5_000, nodes: 300_000 };

/* Stops the reading; its message is a code. */
class Refused extends Error {}

const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/* Own entries only, without prototype: a key such as __proto__ is only a key. */
const plainMap = (pairs) => {
  const map = Object.create(null);
  for (const [key, value] of pairs) map[key] = value;
  return map;
};

/* Stops at documents that are deeper or larger than any assessment, or have odd numbers. */
function checkPlain(document) {
  let level = [document];
  let nodes = 0;
  for (let depth = 0; level.length; depth++) {
    nodes += level.length;
    if (depth > LIMITS.depth || nodes > LIMITS.nodes) throw new Refused("too_large");
    if (level.some((v) => typeof v === "number" && !Number.isFinite(v))) throw new Refused("number");
    level = level
      .filter((v) => typeof v === "object" && v !== null)
      .flatMap((v) => (Array.isArray(v) ? v : Object.values(v)));
  }
  return document;
}

function readJson(text) {
  let document;
  try {
    document = JSON.parse(text, (_, value) =>
      isMap(value) ? plainMap(Object.entries(value)) : value,
    );
  } catch (error) {
    throw new Refused(error instanceof SyntaxError ? "json" : "too_large");
  }
  return checkPlain(document);
}

function readYaml(text) {
  const options = { schema: jsyaml.CORE_SCHEMA, maxAliases: 0, maxDepth: LIMITS.depth };
  let document;
  try {
    document = jsyaml.load(text, options);
  } catch {
    throw new Refused("yaml");
  }
  if (!isMap(document)) throw new Refused("unknown");
  return readJson(JSON.stringify(document)); // without prototypes, and checked
}

// --- bytes --------------------------------------------------------------------------------

/* Bytes of a base64 text of either alphabet, with or without padding; null if it is none. */
function base64(text) {
  const usual = text.replace(/ /g, "+").replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(usual) || usual.length % 4 === 1) return null;
  return Uint8Array.from(atob(usual), (letter) => letter.charCodeAt(0));
}

/* Text of UTF-8, or of UTF-16 with its mark; null if it is neither. */
function decoded(bytes) {
  const mark = bytes.length > 1 ? (bytes[0] << 8) | bytes[1] : 0;
  const encoding = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[mark] ?? "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/* Raw deflate, stopped as soon as it grows beyond a limit. */
async function inflate(bytes, limit = LIMITS.inflated) {
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = unpacked.getReader();
  const parts = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
      size += value.length;
      if (size > limit) throw new Refused("too_large");
      parts.push(value);
    }
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("damaged");
  } finally {
    reader.cancel().catch(() => {});
  }
}

// --- formats ------------------------------------------------------------------------------

/*
{edition, mode, answers, problems, kind, extensions}, and for the package's own documents
assurance and profile. A problem is [code, place]: a remark on one place, the rest is read.
*/
async function readSource(bytes) {
  if (bytes.length === 0) throw new Refused("empty");
  if (bytes.length > LIMITS.bytes) throw new Refused("too_large");
  const starts = (...codes) => codes.every((code, i) => bytes[i] === code);
  if (starts(0x50, 0x4b) || starts(0xd0, 0xcf, 0x11, 0xe0)) throw new Refused("workbook");
  if (starts(0x25, 0x50, 0x44, 0x46)) throw new Refused("pdf");
  const text = decoded(bytes)?.replace(/^\ufeff/, "").trimStart();
  if (text === undefined) throw new Refused("unknown");
  if (isLink(text)) return readLink(text.trim());
  if (text.startsWith("{")) {
    const document = readJson(text);
    return String(document.format ?? "").startsWith("pkimm-") ? readOwn(document) : readRecord(document);
  }
  if (looksLikeYaml(text)) return readRecord(readYaml(text));
  throw new Refused(/^[^\n]*[,;\t]/.test(text) ? "table" : "unknown");
}

// --- the package's own document -----------------------------------------------------------

const ANSWERS = ["rated", "unanswered", "not_applicable"];

/* The fields that a score needs; everything else is left alone, and nothing of it is kept. */
function readOwn(document) {
  if (document.format !== "pkimm-assessment/1") throw new Refused("other_document");
  const model = isMap(document.model) ? document.model : {};
  const edition = [...facts.editions, ...facts.archived].find(
    (one) => one.version === model.version && one.digest === model.digest,
  );
  if (!edition) throw new Refused("edition");
  if (!["self", "full"].includes(document.mode) || !isMap(document.answers)) {
    throw new Refused("other_document");
  }
  const entries = Object.entries(document.answers);
  if (entries.length > LIMITS.entries) throw new Refused("too_large");
  const problems = [];
  const answers = plainMap([]);
  for (const [key, answer] of entries) {
    checkAnswer(answer);
    if (edition.has(key) || edition.modules.includes(key)) {
      answers[key] = { state: answer.state, level: answer.level ?? undefined };
    } else problems.push(["no_element", "", edition.name]);
  }
  const extensions = (Array.isArray(document.extensions) ? document.extensions : []).filter(isMap);
  return {
    edition,
    mode: document.mode,
    answers,
    problems,
    kind: "pkimm.json",
    extensions: extensions.map(({ id, version }) => [id, version]),
    assurance: document.assurance ?? null,
    profile: profileOf(isMap(document.organization) ? document.organization : {}),
  };
}

/* The schema's rule: a rated answer has a level from 1 to 5, every other has none. */
function checkAnswer(answer) {
  const isRated = isMap(answer) && answer.state === "rated";
  const level = isMap(answer) ? (answer.level ?? null) : null;
  const isLevel = Number.isInteger(level) && level >= 1 && level <= 5;
  if (!isMap(answer) || !ANSWERS.includes(answer.state) || (isRated ? !isLevel : level !== null)) {
    throw new Refused("answer");
  }
}

/* Published codes of a profile: where the way to its peers starts. */
function profileOf(organization) {
  const profile = {};
  for (const dimension of ["sector", "size", "region", "role"]) {
    const code = organization[dimension];
    const groups = facts.groups[dimension];
    if (typeof code !== "string" || !Object.hasOwn(groups, code)) continue;
    if (code !== "prefer-not-to-say") profile[dimension] = groups[code];
  }
  return profile;
}
