/*
The figures of the release, looked up: cohorts, distributions, and the peer ladder.

Everything was computed when the site was made; see pkimm_analytics/site/figures.py for
the shape. Shares are whole per mille here.
*/
"use strict";
(function (pkimm) {
  const ALL = "*";
  const LEVELS = [1, 2, 3, 4, 5];
  const QUANTILES = ["median", "p25", "p75", "p10", "p90"];
  const EVERYBODY = { value: 1000, low: 1000, high: 1000, printedLow: 1000, printedHigh: 1000, qualifier: "=" };
  const NOBODY = { value: 0, low: 0, high: 0, printedLow: 0, printedHigh: 0, qualifier: "=" };

  /* One file of figures: distribution(cohort, measure) is null where nothing is printed. */
  class Figures {
    constructor(data, raw = data) {
      this.release = raw.release ?? data.release;
      this.measures = raw.measures;
      this.groups = new Map(Object.entries(raw.groups));
      this.data = data;
      this.places = new Map(raw.measures.map((measure, index) => [measure, index]));
      this.read = new Map();
    }

    has(cohort) {
      return this.groups.has(keyOf(cohort));
    }

    hasMeasure(cohort, measure) {
      return this.has(cohort) && this.places.has(measure);
    }

    asOf(cohort) {
      return this.groups.get(keyOf(cohort))?.[0] ?? "";
    }

    distribution(cohort, measure) {
      const place = this.places.get(measure);
      const number = this.groups.get(keyOf(cohort))?.[1][place] ?? -1;
      if (number < 0) return null;
      if (!this.read.has(number)) this.read.set(number, this.unpack(number));
      return { ...this.read.get(number), asOf: this.asOf(cohort) };
    }

    unpack(number) {
      const [n, step, numbers, quantiles, places] = this.data.patterns[number];
      const estimates = numbers.map((one) => estimateOf(this.data.estimates[one]));
      const shares = estimates.slice(0, 4);
      return {
        n,
        step,
        /* Share at a level or above; everybody is at 1, nobody above 5. */
        atLeast: (level) => (level <= 1 ? EVERYBODY : level >= 6 ? NOBODY : shares[level - 2]),
        atLevel: (level) => estimates[3 + level],
        quantile: (name) => quantileOf(quantiles[QUANTILES.indexOf(name)]),
        place: (level) => placeOf(places[level - 1]),
      };
    }
  }

  function estimateOf([value, low, high, printedLow, printedHigh, qualifier]) {
    return { value, low, high, printedLow, printedHigh, qualifier };
  }

  function quantileOf([value, printedLow, printedHigh, low, high]) {
    return value === undefined ? null : { value, printedLow, printedHigh, low, high, qualifier: "=" };
  }

  /* Verdict, and the mid-rank percentile in tenths. */
  const placeOf = ([verdict, rank, low, high]) => ({ verdict, rank, low, high });

  /* Text of a cohort, dimensions by their importance; empty for everybody. */
  function keyOf(cohort) {
    return pkimm.data.importance
      .filter((dimension) => (cohort[dimension] ?? ALL) !== ALL)
      .map((dimension) => `${dimension}=${cohort[dimension]}`)
      .join("&");
  }

  // --- names -------------------------------------------------------------------------------

  const codesOf = (dimension) =>
    (pkimm.data.dimensions.find(([name]) => name === dimension) ?? [, []])[1];

  const labelOf = (dimension, code) =>
    codesOf(dimension).find(([one]) => one === code)?.[1] ?? (code === ALL ? "all" : code);

  function cohortWords(cohort) {
    const parts = pkimm.data.importance
      .filter((dimension) => (cohort[dimension] ?? ALL) !== ALL)
      .map((dimension) => `${dimension}: ${labelOf(dimension, cohort[dimension])}`);
    return parts.join("; ") || "all organizations";
  }

  const edition = (version = pkimm.data.release.edition) =>
    pkimm.editions.find((one) => one.version === version) ?? pkimm.editions.at(-1);

  function measureName(measure) {
    if (measure === "overall") return "Overall";
    const model = edition();
    return (
      model.category(measure)?.name ??
      model.requirements.get(measure)?.name ??
      model.moduleNames.get(measure) ??
      measure
    );
  }

  const levelName = (level) => edition().levels[level - 1];

  // --- the ladder ----------------------------------------------------------------------------

  /*
  From the cohort that was asked for to the nearest one that publishes overall: dimensions
  are given up from the least important on. As pkimm_analytics/benchmark/ladder.py.
  */
  function peerLadder(asked) {
    const figures = pkimm.figures;
    const used = pkimm.data.importance.filter((d) => (asked[d] ?? ALL) !== ALL);
    const known = used.filter((d) => codesOf(d).some(([code]) => code === asked[d]));
    const relaxed = used.filter((d) => !known.includes(d)).map((d) => [d, asked[d], ALL]);
    let [found, peers] = [{}, null];
    for (let step = 0; step < 2 ** known.length && !peers; step++) {
      // The first dimension is the last to be given up: it is the highest bit.
      const kept = known.filter((_, i) => !(step & (1 << (known.length - 1 - i))));
      found = Object.fromEntries(kept.map((d) => [d, asked[d]]));
      peers = figures.distribution(found, "overall");
    }
    const gone = [...pkimm.data.importance].reverse().filter((d) => used.includes(d) && !(d in found));
    return {
      asked: Object.fromEntries(used.map((d) => [d, asked[d]])),
      found,
      relaxed: [...relaxed, ...gone.filter((d) => known.includes(d)).map((d) => [d, asked[d], ALL])],
      n: peers?.n ?? "",
      pooled: pooledIn(found),
      sentence: ladderSentence(found, gone, peers?.n ?? ""),
    };
  }

  function pooledIn(cohort) {
    const every = { assurance: ["self", "independent"], edition: pkimm.data.release.editions };
    return Object.fromEntries(
      Object.entries(every).map(([name, kinds]) => [name, cohort[name] ? [cohort[name]] : kinds]),
    );
  }

  function ladderSentence(found, gone, n) {
    const { id, threshold } = pkimm.data.release;
    if (!n) {
      return (
        `Release ${id} publishes no cohort for this, not even all organizations:` +
        ` there are fewer than ${threshold}, or a neighboring group needs protection.`
      );
    }
    const count = Object.keys(found).length ? `${n} organizations` : n;
    const parts = [`The peers here: ${cohortWords(found)} (${count}).`];
    if (gone.length) parts.push(`Not narrowed by ${listed(gone)}: no narrower cohort is published.`);
    return [...parts, pooledWords(found)].filter(Boolean).join(" ");
  }

  /* What the figures of a cohort join; empty if it is of one kind and one edition. */
  function pooledWords(cohort) {
    const pooled = pooledIn(cohort);
    const parts = [];
    if (pooled.assurance.length > 1) parts.push("Self-assessments and independent ones are pooled.");
    if (pooled.edition.length > 1) parts.push(`Editions ${pooled.edition.join(", ")} are pooled.`);
    return parts.join(" ");
  }

  const listed = (names) =>
    names.length < 3 ? names.join(" and ") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

  // --- what a click leads to -------------------------------------------------------------------

  /*
  The cohort that follows when one code is chosen beside the others: with them if the plan
  has that combination, else with as many of them as it has, the most important first.
  {cohort, n, reset}; n is empty if nothing is published.
  */
  function chosen(cohort, dimension, code) {
    const others = pkimm.data.importance.filter((d) => d !== dimension && cohort[d]);
    for (let step = 0; step < 2 ** others.length; step++) {
      const kept = others.filter((_, i) => !(step & (1 << (others.length - 1 - i))));
      const next = Object.fromEntries(kept.map((d) => [d, cohort[d]]));
      if (code !== ALL) next[dimension] = code;
      if (!pkimm.figures.has(next)) continue;
      const peers = pkimm.figures.distribution(next, "overall");
      return { cohort: next, n: peers?.n ?? "", reset: others.filter((d) => !kept.includes(d)) };
    }
    return { cohort: {}, n: "", reset: others };
  }

  /* Makes the figures of the files that the page loaded available. */
  function openFigures() {
    pkimm.figures = new Figures(pkimm.data);
  }

  function openRequirements() {
    if (pkimm.requirementData) pkimm.requirementFigures = new Figures(pkimm.requirementData);
  }

  function openSeries() {
    const earlier = pkimm.seriesData?.releases.map((raw) => new Figures(pkimm.seriesData, raw));
    pkimm.series = [...(earlier ?? []), pkimm.figures];
  }

  const figuresOf = (measure) =>
    measure.split(".").length > 2 ? pkimm.requirementFigures : pkimm.figures;

  Object.assign(pkimm, {
    ALL, LEVELS, QUANTILES, chosen, codesOf, cohortWords, edition, figuresOf, keyOf,
    labelOf, levelName, listed, measureName, openFigures, openRequirements,
    openSeries, peerLadder, pooledIn, pooledWords,
  });
})((globalThis.pkimm ??= {}));
