/*
The visitor's assessment beside its peers, in the memory of this page only.

The document that `compare` returns is the one that `pkimm benchmark --json` prints.
Nothing is sent and nothing is stored, and no own value is written into the address.
*/

function compare(release, assessment, asked = null) {
  const wish = asked ?? startOf(assessment);
  const [nearest, telling] = [release.ladder(wish), release.ladder(wish, true)];
  const [first, second] = asked ? [nearest, telling] : [telling, nearest];
  const isOne = release.keyOf(nearest.found) === release.keyOf(telling.found);
  const found = comparedWith(release, assessment, first);
  const other = isOne ? null : comparedWith(release, assessment, second);
  const { id, quarter, threshold, synthetic } = release.facts;
  return {
    format: "pkimm-benchmark/1",
    release: { id, quarter, threshold, synthetic },
    cohort: found.cohort,
    edition: found.model.version,
    context: contextDocument(release, assessment, found),
    measures: found.measures,
    beside: other && { cohort: other.cohort, measures: other.measures },
    notes: notesOn(release, assessment, found.model),
  };
}

function comparedWith(release, assessment, { asked, found: group, relaxed, n, tells }) {
  const pooled = release.pooled(group);
  const model = facts.editions.find(({ version }) => version === group.edition) ?? release.edition;
  const same = carried(assessment, model);
  const [own, original] = [ownScores(same), ownScores(assessment)];
  const coverage = coverageOf(score(withoutOthers(same, assessment.edition), model), model);
  const measures = wanted(release, group, model, assessment).map((measure) => {
    const value = own.get(measure) ?? null;
    return [measure, {
      kind: kindOf(measure),
      name: measure === "overall" ? "Overall" : model.nameOf(measure),
      own: {
        score: numberOf(value),
        level: levelOf(value),
        as_assessed: numberOf(original.get(measure) ?? null),
        coverage_by_weight: coverage[measure] ?? null,
      },
      peers: release.peers(group, measure),
      position: placeAmong(release, group, measure, levelOf(value), coverage[measure]),
      note: noteOn(measure, assessment.edition, model, pooled) || null,
    }];
  });
  const steps = relaxed.map(([dimension, from, to]) => ({ dimension, from, to }));
  const cohort = { asked, found: group, relaxed: steps, n: n || null, pooled, tells };
  return { model, cohort, measures: Object.fromEntries(measures) };
}

/* What somebody who repeats the overall figure has to say with it. */
function contextDocument(release, assessment, { model, cohort, measures }) {
  const { peers, own, position } = measures.overall;
  const categories = Object.values(score(assessment, assessment.edition).categories);
  const total = (of) => categories.reduce((sum, one) => sum + of(one), 0);
  const inScope = total((one) => one.inScope);
  const known = {
    what: "Overall",
    n: peers?.n,
    coverage: inScope ? total((one) => one.rated) / inScope : null,
    coverage_by_weight: own.coverage_by_weight,
    edition: editionName(model),
    digest: model.digest,
    assurance: cohort.pooled.assurance,
    period: peers?.as_of ?? release.facts.quarter,
    rule: "level: score rounded down; position: share of peers by level",
    interval: position.rank?.interval,
    release: release.facts.id,
    synthetic: release.facts.synthetic,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => (value ?? null) !== null));
}

const editionName = ({ version, requirements }) => `PKIMM ${version} (${requirements.size} requirements)`;

function startOf(assessment) {
  const start = { ...(assessment.profile ?? {}) };
  const assurance = facts.groups.assurance[assessment.assurance ?? ""];
  if (assurance) start.assurance = assurance;
  return { ...start, edition: assessment.edition.version };
}

/* Equal element keys keep their answer; what the other edition lacks is left out. */
function carried(assessment, target) {
  if (assessment.edition.digest === target.digest) return assessment;
  const kept = Object.entries(assessment.answers).filter(
    ([key]) => target.has(key) || target.modules.includes(key),
  );
  return { ...assessment, edition: target, answers: plainMap(kept) };
}

/* What only the peers' edition asks is no gap of the assessment. */
function withoutOthers(assessment, own) {
  const lacking = [...assessment.edition.categories.map(({ key }) => key), ...assessment.edition.requirements.keys()];
  const out = lacking.filter((key) => !own.has(key)).map((key) => [key, { state: "not_applicable" }]);
  return { ...assessment, answers: plainMap([...Object.entries(assessment.answers), ...out]) };
}

/* Every own score that there is, by measure, as fractions. */
function ownScores(assessment) {
  const scores = score(assessment, assessment.edition);
  const own = new Map([["overall", scores.overall], ...Object.entries(scores.modules)]);
  for (const [key, { value }] of Object.entries(scores.categories)) own.set(key, value);
  for (const [key, level] of Object.entries(scores.requirements)) own.set(key, fraction(BigInt(level), 1n));
  return own;
}

const kindOf = (measure) =>
  measure === "overall" ? "overall" : ["module", "category", "requirement"][Math.min(measure.split(".").length, 3) - 1];

function wanted(release, group, model, assessment) {
  const always = ["overall", ...model.modules, ...model.categories.map((c) => c.key)];
  if (assessment.mode !== "full") return always;
  const detailed = [...model.requirements.keys()].filter((key) => release.hasMeasure(group, key));
  return [...always, ...detailed];
}

/* Where a level stands among the printed levels of the peers. */
function placeAmong(release, group, measure, own, coverage = null) {
  const peers = release.peers(group, measure);
  const nothing = (verdict) => ({ verdict, text: verdict, below: null, at_or_below: null, rank: null });
  if (!peers) return nothing(release.hasMeasure(group, measure) ? "withheld" : "not in the release");
  if (own === null) return nothing("no score of your own");
  if (coverage !== null && coverage < release.facts.coverage - 1e-9) return nothing("too little rated");
  const [reach, above] = [atLeast(peers, own), atLeast(peers, own + 1)];
  const [verdict, value, qualifier, low, high, from, to] = release.place(group, measure, own);
  const within = ({ printed: [from, to] }) => [1 - to, 1 - from];
  const where = `at or above ${inPercent(outward(within(above)))} of peers`;
  return {
    verdict,
    text: verdict === ALIKE ? `${verdict}: ${where}` : where,
    below: within(reach),
    at_or_below: within(above),
    rank: { value, qualifier, interval: [low, high], printed: [from, to], wide: null },
  };
}

const inPercent = ([from, to]) => (from === to ? `${from}%` : `${from} to ${to}%`);

// --- what has to be said with it ----------------------------------------------------------

/* The weights that a figure rests on: where they are the same, it compares. */
function weightsOf(edition, key) {
  const category = edition.category(key);
  return category && JSON.stringify([category.weight, category.requirements.map((r) => [r.key, r.weight])]);
}

function noteOn(measure, own, model, pooled) {
  if (own.digest === model.digest && pooled.edition.length < 2) return "";
  const lacks = measure !== "overall" && !own.has(measure) && !own.modules.includes(measure);
  const lacking = model.categories.filter((c) => !own.has(c.key)).map((c) => c.name);
  const isShorter = measure === "overall" && own.digest !== model.digest && lacking.length;
  return [
    lacks && `PKIMM ${own.version} does not have it.`,
    (pooled.edition.length > 1 || weightsOf(own, measure) !== weightsOf(model, measure)) && facts.comparability[measure],
    isShorter && `Computed without ${lacking.join(", ")}.`,
  ].filter(Boolean).join(" ");
}

function notesOn(release, assessment, model) {
  const own = assessment.edition;
  const shared = model.categories.filter((c) => own.hasCategory(c.key)).length;
  return [
    own.digest !== model.digest &&
      `You assessed ${editionName(own)}. To compare, your answers are scored again with` +
        ` PKIMM ${model.version}, over the ${shared} categories that both have.`,
    !release.measures.some((measure) => model.modules.includes(measure)) &&
      "This release has no figures of modules.",
    hasExtension(assessment) && "Releases have no figures of extensions; yours are not compared.",
    release.facts.synthetic &&
      "Invented organizations count in this release; it is for trying things out.",
  ].filter(Boolean);
}

/* Whether an extension was assessed that the package knows and so would score. */
function hasExtension({ extensions = [], edition: own }) {
  return extensions.some(([id, version]) =>
    facts.extensions.some(
      ([known, published, models]) =>
        known === id && (version ? version === published : models.includes(own.version)),
    ),
  );
}
