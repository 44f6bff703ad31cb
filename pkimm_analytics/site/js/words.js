/*
Words and figures as readers meet them, from the catalogue of the package: what stands in
pkimm_analytics/views/languages under `site.`, and how figures read there.
*/

let catalogue = { words: {}, names: {}, percent: "{n}%", decimal: "." };

const putIn = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/* Words of the page, with values put in; a plural goes by the value `n`. */
function say(key, values = {}) {
  const text = catalogue.words[key] ?? key;
  return putIn(typeof text === "string" ? text : text[values.n === 1 ? "one" : "other"], values);
}

const sentences = (...parts) => parts.filter(Boolean).join(" ");

const inList = (names) =>
  names.length < 2
    ? (names[0] ?? "")
    : say("text.and", { first: names.slice(0, -1).join(", "), last: names.at(-1) });

// --- figures ------------------------------------------------------------------------------

const percent = (share) =>
  putIn(catalogue.percent, { n: String(Math.round(1000 * share) / 10).replace(".", catalogue.decimal) });

/*
Share at exactly one level. It is the difference of two printed shares: where their cut-offs
leave open more than its value says, it is told as the range that it stands for.
*/
function shareAt(peers, level) {
  const one = peers[`level_${level}`];
  const [low, high] = one.printed;
  const slack = peers.step / 2 + 1e-9;
  const isOpen = one.qualifier === "<=" ? high > one.value + slack : low < one.value - slack || one.value <= 0;
  return one.qualifier !== "=" && isOpen ? { ...one, range: one.printed } : one;
}

/* A share with its cut-off, in words ("at most 20%") or as a mark ("≤ 20%"). */
const shareWords = ({ value, qualifier, range }) =>
  range
    ? rangeWords(range)
    : qualifier === "="
      ? percent(value)
      : say(qualifier === "<=" ? "share.at_most" : "share.at_least", { share: percent(value) });

function shareMark({ value, qualifier, range }) {
  if (!range) return { "=": "", "<=": "≤ ", ">=": "≥ " }[qualifier] + percent(value);
  const [from, to] = outward(range);
  return putIn(catalogue.percent, { n: from <= 0 ? `≤ ${to}` : to >= 100 ? `≥ ${from}` : `${from}–${to}` });
}

/* Ends of a range of shares in whole percent. */
const outward = ([low, high]) => [Math.floor(100 * low + 1e-9), Math.ceil(100 * high - 1e-9)];

/* A range of shares, rounded outward: "46%", "20 to 30%", "at most 20%". */
function rangeWords(range) {
  const [from, to] = outward(range);
  const [low, high] = [from, to].map((n) => putIn(catalogue.percent, { n }));
  if (from === to) return high;
  if (from <= 0) return say("share.at_most", { share: high });
  return to >= 100 ? say("share.at_least", { share: low }) : say("share.range", { low: from, high });
}

/* Share of those who do not: the other side of a printed share. */
const opposite = ({ value, qualifier, printed: [from, to] }) => ({
  value: 1 - value,
  qualifier: { "=": "=", "<=": ">=", ">=": "<=" }[qualifier],
  printed: [1 - to, 1 - from],
});

/* Whole numbers that a quantile may be: "2", "2 or 3", "1 to 3". */
function quantileWords(one) {
  if (!one) return "–";
  const [low, high] = one.value === null ? one.printed : [one.value, one.value];
  if (low === high) return String(low);
  return say(high - low === 1 ? "levels.or" : "levels.range", { low, high });
}

/* Two decimals, cut and never rounded: 2.999 is level 2 and must not read as 3.00. */
const scoreText = (score) =>
  score === null ? "–" : (Math.floor(100 * score + 1e-7) / 100).toFixed(2).replace(".", catalogue.decimal);

const quarterText = (quarter) => `${quarter.slice(0, 4)} ${quarter.slice(4)}`;
const bandText = (n) => n.replace("-", "–");

// --- names --------------------------------------------------------------------------------

const nameOf = (edition, key) =>
  key === "overall" ? say("value.overall") : (catalogue.names[key] ?? edition.nameOf(key));

function levelName(edition, level) {
  const name = edition.levels[level - 1];
  return catalogue.names[`level.${name}`] ?? name;
}

/* "level 3 (Advanced)", and "level 3 (Advanced) or above". */
const fullLevel = (edition, level) => say("site.at_top", { level, name: levelName(edition, level) });
const reaching = (edition, level) =>
  level === 5 ? fullLevel(edition, level) : say("site.or_above", { level, name: levelName(edition, level) });

const codeName = (release, dimension, code) =>
  dimension === "assurance"
    ? say(`dimension.${code}`)
    : (catalogue.names[`${dimension}.${code}`] ?? release.labelOf(dimension, code));

const groupName = (release, group) =>
  release.importance
    .filter((d) => group[d])
    .map((d) => codeName(release, d, group[d]))
    .join(" · ") || say("site.everybody");

const organizations = (n) => say("site.organizations", { n: bandText(n) });

/* What the figures of a group combine, or nothing if it is of one kind and one edition. */
function combined(release, group) {
  const { assurance, edition } = release.pooled(group);
  return sentences(
    assurance.length > 1 && say("peers.combined_assurance"),
    edition.length > 1 && say("peers.combined_editions", { editions: inList(edition) }),
  );
}

// --- sentences ----------------------------------------------------------------------------

/* Which group it is, of how many, what was relaxed, and what its figures combine. */
function groupSentence(release, { found, relaxed, n, tells }) {
  const { id, threshold } = release.facts;
  if (!n) return say("peers.none", { release: id, threshold });
  const named = Object.entries(found).map(([d, code]) => `${say(`dimension.${d}`)}: ${codeName(release, d, code)}`);
  const gone = relaxed.filter(({ to }) => to === ALL).map(({ dimension }) => say(`dimension.${dimension}`));
  return sentences(
    say("peers.group", { group: named.join("; ") || say("value.everybody"), n }),
    gone.length > 0 && say("peers.broader", { dimensions: inList(gone) }),
    !tells && say("peers.tells_nothing"),
    combined(release, found),
  );
}

const VERDICTS = {
  above: "peers.above",
  below: "peers.below",
  [ALIKE]: "peers.alike",
  withheld: "peers.withheld",
  "not in the release": "peers.absent",
  "no score of your own": "peers.unscored",
  "too little rated": "peers.sparse",
};

/* The one sentence of a position: who is below, at and above one's level. */
function positionWords({ name, own, peers, position }) {
  if (!position.rank) return say(VERDICTS[position.verdict], { name });
  const [below, upTo] = [position.below, position.at_or_below];
  return say("peers.position", {
    below: rangeWords(below),
    at: rangeWords(peers[`level_${own.level}`].printed),
    above: rangeWords([1 - upTo[1], 1 - upTo[0]]),
    verdict: say(VERDICTS[position.verdict]),
  });
}

/* The finding of a group: how many reach a level. */
function finding(release, group, level) {
  const peers = release.peers(group, "overall");
  const values = { group: groupName(release, group), reaching: reaching(release.edition, level) };
  return peers
    ? say("site.finding", { ...values, share: shareWords(atLeast(peers, level)) })
    : say("site.finding_withheld", values);
}

/* Whether one share is above another by more than chance, among all that a page compares. */
const exceeds = (one, other) =>
  one.printed[0] - other.printed[1] > Math.hypot(one.printed[0] - one.wide[0], other.wide[1] - other.printed[1]);

/* The most frequent level, and that others may be as frequent. */
function mostFrequent(edition, peers) {
  const shares = LEVELS.map((level) => shareAt(peers, level));
  const highest = Math.max(...shares.map(({ value }) => value));
  const most = LEVELS.filter((level) => shares[level - 1].value === highest);
  const first = shares[most[0] - 1];
  const hasRivals = LEVELS.some((level) => !most.includes(level) && !exceeds(first, shares[level - 1]));
  const names = most.map((level) => fullLevel(edition, level));
  return say("site.most_frequent", {
    n: most.length,
    levels: inList(names),
    share: shareWords(first),
    uncertain: hasRivals ? say("site.others_as_frequent") : "",
  });
}

/* That the largest and the smallest of several shares may differ by chance. */
const alike = (largest, smallest) => (exceeds(largest, smallest) ? "" : say("site.alike"));
