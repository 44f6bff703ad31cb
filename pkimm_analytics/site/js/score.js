/*
What is known of the editions, and scores: the formula of pkimm_analytics/scoring in exact
fractions, for the visitor's browser.

Weights, element keys and level names come from the package as data. The formula itself
is described once, in Python; tests hold this file to it, figure by figure. Numbers are
BigInt, so that a mean of exactly 3 is never 2.
*/

const facts = { editions: [], archived: [] };

/* Takes over the facts that pkimm_analytics/site/reading.py exports. */
function learn(raw) {
  const [editions, archived] = [raw.editions, raw.archived ?? []].map((list) => list.map(unpackEdition));
  Object.assign(facts, raw, { editions, archived });
}

function unpackEdition(raw) {
  const categories = raw.categories.map(([key, native, weight, name, requirements]) => ({
    key,
    native,
    weight,
    name,
    requirements: requirements.map(([k, n, w, title]) => ({
      key: `${key}.${k}`,
      native: n,
      weight: w,
      name: title,
    })),
  }));
  const byKey = new Map(categories.map((c) => [c.key, c]));
  const requirements = new Map(categories.flatMap((c) => c.requirements).map((r) => [r.key, r]));
  const natives = Object.create(null);
  for (const one of [...byKey.values(), ...requirements.values()]) natives[one.native] = one.key;
  const moduleNames = new Map(raw.modules);
  return {
    version: raw.version,
    digest: raw.digest,
    levels: raw.levels,
    name: `PKIMM ${raw.version}`,
    withExtensions: raw.with_extensions ?? [],
    keys: [...byKey.keys(), ...requirements.keys()],
    modules: raw.modules.map(([id]) => id),
    moduleNames,
    categories,
    natives,
    requirements,
    category: (key) => byKey.get(key),
    hasCategory: (key) => byKey.has(key),
    hasRequirement: (key) => requirements.has(key),
    has: (key) => byKey.has(key) || requirements.has(key),
    nameOf: (key) => byKey.get(key)?.name ?? requirements.get(key)?.name ?? moduleNames.get(key) ?? key,
  };
}

// --- fractions ----------------------------------------------------------------------------

/* An exact score: numerator and denominator in lowest terms, null for nothing to score. */
function fraction(numerator, denominator) {
  if (denominator <= 0n) return null;
  let [a, b] = [numerator, denominator];
  while (b) [a, b] = [b, a % b];
  return { n: numerator / a, d: denominator / a };
}

const levelOf = (value) => (value === null ? null : Number(value.n / value.d));
const numberOf = (value) => (value === null ? null : Number(value.n) / Number(value.d));

/* Weighted mean of fractions, leaving out those that do not exist. */
function mean(pairs) {
  let [numerator, denominator, total] = [0n, 1n, 0n];
  for (const [value, weight] of pairs) {
    if (value === null) continue;
    const w = BigInt(weight);
    numerator = numerator * value.d + value.n * w * denominator;
    denominator *= value.d;
    total += w;
  }
  return fraction(numerator, denominator * total);
}

// --- scores -------------------------------------------------------------------------------

/* 1 to 5, 0 unanswered, -1 not applicable; what is above an element takes it out too. */
function coder(answers) {
  const isOut = (key) => answers[key]?.state === "not_applicable";
  return (key) => {
    const parts = key.split(".");
    const above = [parts[0], parts.slice(0, 2).join("."), key];
    return above.some(isOut) ? -1 : answers[key]?.level || 0;
  };
}

/* One category: from its rated requirements, else from the level given by hand. */
function scoreCategory(category, code, isFull) {
  const hand = code(category.key);
  const byHand = hand > 0 ? fraction(BigInt(hand), 1n) : null;
  const stateOf = (inScope, value) => (!inScope ? "not_applicable" : value ? "rated" : "unanswered");
  if (!isFull) {
    const [rated, inScope] = [hand > 0 ? 1 : 0, hand >= 0 ? 1 : 0];
    return { value: byHand, state: stateOf(inScope, byHand), rated, inScope, covered: rated };
  }
  const codes = category.requirements.map((r) => [code(r.key), BigInt(r.weight)]);
  const applicable = hand < 0 ? [] : codes.filter(([c]) => c >= 0);
  const rated = applicable.filter(([c]) => c > 0);
  const sum = (list, of) => list.reduce((total, one) => total + of(one), 0n);
  const weight = (list) => sum(list, ([, w]) => w);
  const value = rated.length
    ? fraction(sum(rated, ([c, w]) => BigInt(c) * w), weight(rated))
    : applicable.length
      ? byHand
      : null;
  return {
    value,
    state: stateOf(applicable.length, value),
    rated: rated.length,
    inScope: applicable.length,
    covered: value && !rated.length ? 1 : Number(weight(rated)) / Number(weight(applicable)),
  };
}

/* Share of the weight in scope that is rated, of the whole, modules and categories. */
function coverageOf({ categories }, edition) {
  const counted = edition.categories.filter(({ key }) => categories[key].state !== "not_applicable");
  const share = (list) => {
    const weight = list.reduce((sum, one) => sum + one.weight, 0);
    return list.reduce((sum, one) => sum + one.weight * categories[one.key].covered, 0) / weight;
  };
  const parts = [["overall", counted], ...edition.modules.map((id) => [id, counted.filter(({ key }) => key.startsWith(`${id}.`))])];
  return Object.fromEntries([
    ...counted.map(({ key }) => [key, categories[key].covered]),
    ...parts.filter(([, list]) => list.length).map(([key, list]) => [key, share(list)]),
  ]);
}

/*
Scores of one assessment: overall, modules and categories as fractions, with states, and
the levels of its requirements.
*/
function score(assessment, edition) {
  const code = coder(assessment.answers);
  const isFull = assessment.mode === "full";
  const categories = {};
  for (const category of edition.categories) {
    categories[category.key] = scoreCategory(category, code, isFull);
  }
  const total = (list) => mean(list.map((c) => [categories[c.key].value, c.weight]));
  const modules = {};
  for (const id of edition.modules) {
    modules[id] = total(edition.categories.filter((c) => c.key.startsWith(`${id}.`)));
  }
  const rated = [...edition.requirements.keys()].filter((key) => isFull && code(key) > 0);
  const requirements = Object.fromEntries(rated.map((key) => [key, code(key)]));
  return { overall: total(edition.categories), modules, categories, requirements };
}
