/*
The visitor's assessment beside its peers, in the memory of this page only.

The document that `compare` returns is the one that `pkimm benchmark --json` prints.
Nothing is sent and nothing is stored, and no own value is written into the address.
*/

function compare(release, assessment, asked = startOf(assessment)) {
  const steps = release.ladder(asked);
  const group = steps.found;
  const model = facts.editions.find(({ version }) => version === group.edition) ?? release.edition;
  const own = ownScores(carried(assessment, model));
  const original = ownScores(assessment);
  const { id, quarter, threshold, synthetic } = release.facts;
  const sentence = ladderSentence(release, steps);
  const measures = wanted(release, group, model, assessment).map((measure) => {
    const value = own.get(measure) ?? null;
    return [measure, {
      kind: kindOf(measure),
      name: measure === "overall" ? "Overall" : model.nameOf(measure),
      own: {
        score: numberOf(value),
        level: levelOf(value),
        as_assessed: numberOf(original.get(measure) ?? null),
      },
      peers: release.peers(group, measure),
      position: placeAmong(release, group, measure, levelOf(value)),
      note: noteOn(measure, assessment.edition, model, release.pooled(group)) || null,
    }];
  });
  return {
    format: "pkimm-benchmark/1",
    release: { id, quarter, threshold, synthetic },
    cohort: {
      asked: steps.asked,
      found: group,
      relaxed: steps.relaxed.map(([dimension, from, to]) => ({ dimension, from, to })),
      n: steps.n || null,
      pooled: release.pooled(group),
      sentence,
    },
    edition: model.version,
    measures: Object.fromEntries(measures),
    notes: [sentence, ...notesOn(release, assessment, model)],
  };
}

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
function placeAmong(release, group, measure, own) {
  const peers = release.peers(group, measure);
  const nothing = (verdict) => ({ verdict, text: verdict, below: null, at_or_below: null, rank: null });
  if (!peers) return nothing(release.hasMeasure(group, measure) ? "withheld" : "not in the release");
  if (own === null) return nothing("no score of your own");
  const [reach, above] = [atLeast(peers, own), atLeast(peers, own + 1)];
  const [verdict, value, qualifier, low, high, from, to] = release.place(group, measure, own);
  const within = ({ printed: [from, to] }) => [1 - to, 1 - from];
  const where = `at or above ${inPercent(outward(within(above)))} of peers`;
  return {
    verdict,
    text: verdict === "not distinguishable" ? `${verdict}: ${where}` : where,
    below: within(reach),
    at_or_below: within(above),
    rank: { value, qualifier, interval: [low, high], printed: [from, to], wide: null },
  };
}

const inPercent = ([from, to]) => (from === to ? `${from}%` : `${from} to ${to}%`);

// --- what has to be said with it ----------------------------------------------------------

const listed = (names) =>
  names.length < 3 ? names.join(" and ") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

function ladderSentence(release, { found, gone, n }) {
  const { id, threshold } = release.facts;
  if (!n) {
    return (
      `Release ${id} publishes no cohort for this, not even all organizations:` +
      ` there are fewer than ${threshold}, or a neighboring group needs protection.`
    );
  }
  const named = release.importance
    .filter((d) => found[d])
    .map((d) => `${d}: ${release.labelOf(d, found[d])}`);
  const count = named.length ? `${n} organizations` : n;
  const pooled = release.pooled(found);
  return [
    `The peers here: ${named.join("; ") || "all organizations"} (${count}).`,
    gone.length && `Not narrowed by ${listed(gone)}: no narrower cohort is published.`,
    pooled.assurance.length > 1 && "Self-assessments and independent ones are pooled.",
    pooled.edition.length > 1 && `Editions ${pooled.edition.join(", ")} are pooled.`,
  ].filter(Boolean).join(" ");
}

function noteOn(measure, own, model, pooled) {
  if (own.digest === model.digest && pooled.edition.length < 2) return "";
  const lacks = measure !== "overall" && !own.has(measure) && !own.modules.includes(measure);
  const lacking = model.categories.filter((c) => !own.has(c.key)).map((c) => c.name);
  const isShorter = measure === "overall" && own.digest !== model.digest && lacking.length;
  return [
    lacks && `PKIMM ${own.version} does not have it.`,
    facts.comparability[measure],
    isShorter && `Computed without ${lacking.join(", ")}.`,
  ].filter(Boolean).join(" ");
}

function notesOn(release, assessment, model) {
  const own = assessment.edition;
  const shared = model.categories.filter((c) => own.hasCategory(c.key)).length;
  return [
    own.digest !== model.digest &&
      `You assessed PKIMM ${own.version} (${own.requirements.size} requirements). To compare,` +
        ` your answers are scored again with PKIMM ${model.version}, over the ${shared}` +
        " categories that both have.",
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
