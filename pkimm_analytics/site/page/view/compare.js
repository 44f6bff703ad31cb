/*
The visitor's assessment beside its peers, in the memory of this page only.

The document that `comparison` returns is the one that `pkimm benchmark --json` prints.
Nothing is sent and nothing is stored, and no own value is ever written into the address.
*/
"use strict";
(function (pkimm) {
  const { LEVELS, QUANTILES, edition, figuresOf, level, number, plainMap } = pkimm;

  /* Published codes of a profile, and of how it was assessed: where the ladder starts. */
  function profileOf(organization) {
    const found = {};
    for (const dimension of ["sector", "size", "region", "role"]) {
      const groups = pkimm.groups[dimension];
      const code = organization[dimension];
      if (typeof code !== "string" || !Object.hasOwn(groups, code)) continue;
      if (code !== "prefer-not-to-say") found[dimension] = groups[code];
    }
    return found;
  }

  function startOf(assessment) {
    const start = { ...(assessment.profile ?? {}) };
    const assurance = pkimm.groups.assurance[assessment.assurance ?? ""];
    if (assurance) start.assurance = assurance;
    start.edition = assessment.edition.version;
    return start;
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
    const scores = pkimm.score(assessment, assessment.edition);
    const own = new Map([["overall", scores.overall], ...Object.entries(scores.modules)]);
    for (const [key, { value }] of Object.entries(scores.categories)) own.set(key, value);
    for (const [key, one] of Object.entries(scores.requirements)) {
      own.set(key, pkimm.fraction(BigInt(one), 1n));
    }
    return own;
  }

  const complement = (share) => [1000 - share.printedHigh, 1000 - share.printedLow];

  /* Shares per mille as whole percent, rounded outward. */
  function percentRange([low, high]) {
    const [from, to] = [Math.floor(low / 10), Math.ceil(high / 10)];
    return from === to ? `${from} %` : `${from} to ${to} %`;
  }

  /* Where a level stands among the printed levels of the peers. */
  function placeAmong(peers, own, isInPlan = true) {
    if (!peers) return { verdict: isInPlan ? "withheld" : "not in the release" };
    if (own === null) return { verdict: "no score of your own" };
    const [reach, above] = [peers.atLeast(own), peers.atLeast(own + 1)];
    const place = peers.place(own);
    const atOrBelow = complement(above);
    const where = `at or above ${percentRange(atOrBelow)} of peers`;
    return {
      ...place,
      below: complement(reach),
      atOrBelow,
      text: place.verdict === "not distinguishable" ? `${place.verdict}: ${where}` : where,
      rankPrinted: [
        1000 - (reach.printedHigh + above.printedHigh) / 2,
        1000 - (reach.printedLow + above.printedLow) / 2,
      ],
    };
  }

  // --- the whole comparison ------------------------------------------------------------------

  function comparison(assessment, asked = startOf(assessment)) {
    const ladder = pkimm.peerLadder(asked);
    const model = edition(ladder.found.edition);
    const alike = ownScores(carried(assessment, model));
    const original = ownScores(assessment);
    const measures = {};
    for (const measure of wanted(ladder, model, assessment)) {
      const figures = figuresOf(measure);
      const peers = figures?.distribution(ladder.found, measure) ?? null;
      const own = alike.get(measure) ?? null;
      const isInPlan = Boolean(figures?.hasMeasure(ladder.found, measure));
      measures[measure] = {
        kind: kindOf(measure),
        name: nameIn(model, measure),
        own: {
          score: number(own),
          level: level(own),
          as_assessed: number(original.get(measure) ?? null),
        },
        exact: own,
        peers,
        place: placeAmong(peers, level(own), isInPlan),
        note: noteOn(measure, assessment.edition, model, ladder) || null,
      };
    }
    return { ladder, model, measures, notes: notesOn(ladder, assessment, model) };
  }

  const kindOf = (measure) =>
    measure === "overall"
      ? "overall"
      : ["module", "category", "requirement"][Math.min(measure.split(".").length - 1, 2)];

  function nameIn(model, measure) {
    if (measure === "overall") return "Overall";
    const one = model.category(measure) ?? model.requirements.get(measure);
    return one?.name ?? model.moduleNames.get(measure) ?? measure;
  }

  function wanted(ladder, model, assessment) {
    const found = ["overall", ...model.modules, ...model.categories.map((c) => c.key)];
    if (assessment.mode !== "full" || !pkimm.requirementFigures) return found;
    const requirements = [...model.requirements.keys()].filter((key) =>
      pkimm.requirementFigures.hasMeasure(ladder.found, key),
    );
    return [...found, ...requirements];
  }

  function noteOn(measure, own, model, ladder) {
    const isPooled = ladder.pooled.edition.length > 1;
    if (own.digest === model.digest && !isPooled) return "";
    const parts = [];
    if (measure !== "overall" && !own.has(measure) && !own.modules.includes(measure)) {
      parts.push(`PKIMM ${own.version} does not have it.`);
    }
    if (Object.hasOwn(pkimm.comparability, measure)) parts.push(pkimm.comparability[measure]);
    if (measure === "overall" && own.digest !== model.digest) {
      const lacking = model.categories.filter((c) => !own.has(c.key)).map((c) => c.name);
      if (lacking.length) {
        parts.push(`Computed without ${lacking.join(", ")}.`);
      }
    }
    return parts.join(" ");
  }

  function notesOn(ladder, assessment, model) {
    const own = assessment.edition;
    const notes = [ladder.sentence];
    if (own.digest !== model.digest) {
      const shared = model.categories.filter((c) => own.hasCategory(c.key)).length;
      notes.push(
        `You assessed PKIMM ${own.version} (${own.requirements.size} requirements). To compare,` +
          ` your answers are scored again with PKIMM ${model.version}, over the ${shared}` +
          " categories that both have.",
      );
    }
    if (!pkimm.data.measures.some((measure) => model.modules.includes(measure))) {
      notes.push("This release has no figures of modules.");
    }
    if (hasExtension(assessment)) {
      notes.push("Releases have no figures of extensions; yours are not compared.");
    }
    if (pkimm.data.release.synthetic) {
      notes.push("Invented organizations count in this release; it is for trying things out.");
    }
    return notes;
  }

  /* Whether an extension was assessed that the package knows and so would score. */
  function hasExtension({ extensions = [], edition: own }) {
    return extensions.some(([id, version]) =>
      pkimm.extensions.some(
        ([known, published, models]) =>
          known === id && (version ? version === published : models.includes(own.version)),
      ),
    );
  }

  // --- as the document of the command line ---------------------------------------------------

  function comparisonDocument(found) {
    const { id, quarter, threshold, synthetic } = pkimm.data.release;
    const { ladder } = found;
    return {
      format: "pkimm-benchmark/1",
      release: { id, quarter, threshold, synthetic },
      cohort: {
        asked: ladder.asked,
        found: ladder.found,
        relaxed: ladder.relaxed.map(([dimension, from, to]) => ({ dimension, from, to })),
        n: ladder.n || null,
        pooled: ladder.pooled,
        sentence: ladder.sentence,
      },
      edition: found.model.version,
      measures: Object.fromEntries(
        Object.entries(found.measures).map(([key, one]) => [key, measureDocument(one)]),
      ),
      notes: found.notes,
    };
  }

  function measureDocument({ kind, name, own, peers, place, note }) {
    const hasPlace = place.below !== undefined;
    const rank = hasPlace && {
      value: place.rank / 10,
      qualifier: "=",
      interval: [place.low / 10, place.high / 10],
      printed: place.rankPrinted.map((share) => share / 10),
    };
    return {
      kind,
      name,
      own,
      peers: peers && peersDocument(peers),
      position: {
        verdict: place.verdict,
        text: place.text ?? place.verdict,
        below: hasPlace ? place.below.map((share) => share / 1000) : null,
        at_or_below: hasPlace ? place.atOrBelow.map((share) => share / 1000) : null,
        rank: rank || null,
      },
      note,
    };
  }

  function peersDocument(peers) {
    const document = { n: peers.n, step: peers.step / 1000, as_of: peers.asOf };
    for (const one of LEVELS.slice(1)) document[`at_least_${one}`] = asDocument(peers.atLeast(one));
    for (const one of LEVELS) document[`level_${one}`] = asDocument(peers.atLevel(one));
    for (const name of QUANTILES) {
      if (peers.quantile(name)) document[name] = asDocument(peers.quantile(name), 1);
    }
    return document;
  }

  function asDocument({ value, low, high, printedLow, printedHigh, qualifier }, scale = 1000) {
    return {
      value: value === null ? null : value / scale,
      qualifier,
      interval: [low / scale, high / scale],
      printed: [printedLow / scale, printedHigh / scale],
    };
  }

  Object.assign(pkimm, {
    comparison, comparisonDocument, percentRange, profileOf,
  });
})((globalThis.pkimm ??= {}));
