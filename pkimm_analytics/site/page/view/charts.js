/*
What each chart shows for the chosen cohort: its words, its drawing and its table.

The visitor's own places come from `pkimm.mine`, which is empty until a file is read.
*/
"use strict";
(function (pkimm) {
  const { LEVELS, WITHHELD, between, draw, levelName, measureName, organizations } = pkimm;
  const { alike, quantile, quarter, reaching, share, shortNames } = pkimm;
  const number = (text) => ({ text, isNumber: true });

  const categories = () =>
    pkimm.edition().categories.filter(({ key }) => pkimm.data.measures.includes(key));
  const all = () => pkimm.figures;
  const isEverybody = (cohort) => Object.keys(cohort).length === 0;
  const peersOf = (cohort, measure) => pkimm.figuresOf(measure)?.distribution(cohort, measure) ?? null;

  /* Own score of a measure, if there is one. */
  function ownOf(measure) {
    const one = pkimm.mine?.measures[measure];
    if (!one || one.own.level === null) return null;
    return { level: one.own.level, figure: pkimm.figure(one.exact), place: one.place };
  }

  const missing = () =>
    `Withheld. The group may be empty, have fewer than ${pkimm.data.release.threshold} organizations, or be` +
    " needed to protect another one; the release does not say which, on purpose.";

  const SHARE_COLUMNS = [
    { text: "Measure" },
    number("Organizations"),
    ...LEVELS.flatMap((level) => [number(`Level ${level}`), number(`Level ${level}, 95 % interval`)]),
    number("Median level"),
  ];

  function shareRow(name, peers) {
    if (!peers) return [name, WITHHELD, ...LEVELS.flatMap(() => [WITHHELD, ""]), WITHHELD];
    const levels = LEVELS.map((level) => peers.atLevel(level));
    return [
      name,
      peers.n,
      ...levels.flatMap((one) => [share(one), between(one)]),
      quantile(peers.quantile("median")),
    ];
  }

  const withOwn = (columns) => (pkimm.mine ? [...columns, number("Your score")] : columns);
  const ownCell = (row, measure) => (pkimm.mine ? [...row, ownOf(measure)?.figure ?? "–"] : row);

  // --- one measure -----------------------------------------------------------------------------

  function oneMeasure({ cohort, show }) {
    const peers = peersOf(cohort, show);
    const title = `${measureName(show)}: levels of ${isEverybody(cohort) ? "all organizations" : "your peers"}`;
    if (!peers) return { title, words: missing() };
    const own = ownOf(show);
    const others = isEverybody(cohort) ? null : all().distribution({}, show);
    const rows = [ownCell(shareRow(pkimm.cohortWords(cohort), peers), show)];
    if (others) rows.push(ownCell(shareRow("All organizations", others), show));
    const label = `${title}. ${distributionWords(peers)}`;
    return {
      title,
      words: [
        distributionWords(peers),
        own && `You: ${own.figure}, level ${own.level}; ${ownWords(own.place)}.`,
        pkimm.pooledWords(cohort),
      ].filter(Boolean).join(" "),
      draw: (width) => draw.distribution({ peers, others, own, label }, width),
      legend: draw.legend(
        ["key-whisker", "95 % interval: where the share of organizations like these lies"],
        others && ["key-others", "All organizations"],
        own && ["key-own", "You"],
      ),
      caption: `${measureName(show)}: share of organizations at each level, as of ${quarter(peers.asOf)}.`,
      columns: withOwn([{ text: "Cohort" }, ...SHARE_COLUMNS.slice(1)]),
      rows,
    };
  }

  const ownWords = ({ verdict, text }) =>
    verdict === "not distinguishable" ? text.replace(":", " from the middle of these peers:") : text;

  /* The most frequent level, the median, and how many reach level 3. */
  function distributionWords(peers) {
    const highest = Math.max(...LEVELS.map((level) => peers.atLevel(level).value));
    const most = LEVELS.filter((level) => peers.atLevel(level).value === highest);
    const named = most.map((level) => `${level} (${levelName(level)})`);
    const first = peers.atLevel(most[0]);
    const rivals = LEVELS.filter((level) => !most.includes(level) && peers.atLevel(level).high >= first.low);
    const doubt = rivals.length ? "; others may be as frequent" : "";
    const median = peers.quantile("median");
    const range =
      median && median.low !== median.high ? ` (level ${median.low} to ${median.high} with 95 % confidence)` : "";
    return [
      `${organizations(peers.n)}, as of ${quarter(peers.asOf)}.`,
      most.length === 1
        ? `The most frequent level is ${named[0]}: ${share(first)}${doubt}.`
        : `Levels ${pkimm.listed(named)} are the most frequent: ${share(first)} each${doubt}.`,
      median ? `The median is level ${quantile(median)}${range}.` : "",
      `${share(peers.atLeast(3))} reach ${reaching(3)}.`,
    ].filter(Boolean).join(" ");
  }

  // --- all categories --------------------------------------------------------------------------

  function allCategories({ cohort }) {
    const title = "All categories, level by level";
    const found = categories().map(({ key, name }) => ({ key, name, peers: peersOf(cohort, key), own: ownOf(key) }));
    const printed = found.filter(({ peers }) => peers);
    if (!printed.length) return { title, words: missing() };
    const sorted = [...printed].sort((a, b) => b.peers.atLeast(3).value - a.peers.atLeast(3).value);
    const [best, worst] = [sorted[0], sorted.at(-1)];
    const [most, least] = [best, worst].map(({ peers }) => peers.atLeast(3));
    const words =
      printed.length < 2
        ? `Organizations reach ${reaching(3)} in ${best.name}: ${share(most)}.`
        : `Organizations reach ${reaching(3)} most often in ${best.name} (${share(most)}), ` +
          `least often in ${worst.name} (${share(least)})${alike(most, least)}.`;
    const model = pkimm.edition();
    const rows = model.modules.flatMap((id) => {
      const inside = found.filter(({ key }) => key.startsWith(`${id}.`));
      return inside.length ? [{ heading: model.moduleNames.get(id) }, ...inside] : [];
    });
    return {
      title,
      words,
      draw: (width) => draw.stacked({ rows, label: `${title}. ${words}` }, width),
      legend: draw.legend(
        ...LEVELS.map((level) => [`level-${level}`, `${level} ${levelName(level)}`]),
        pkimm.mine && ["key-own", "You"],
      ),
      caption: "Share of organizations at each level, by category.",
      columns: withOwn(SHARE_COLUMNS),
      rows: found.map(({ key, name, peers }) => ownCell(shareRow(name, peers), key)),
    };
  }

  function requirementsOf({ cohort, show }) {
    const category = pkimm.edition().category(show);
    const title = category ? `Requirements of ${category.name}` : "Requirements";
    if (!category) return { title, words: "Choose a category above to see its requirements." };
    const figures = pkimm.requirementFigures;
    if (!figures?.measures.length) return { title, words: "This release has no figures of requirements." };
    const asked = category.requirements.filter(({ key }) => figures.measures.includes(key));
    const known = asked.filter(({ key }) => figures.hasMeasure(cohort, key));
    const from = known.length ? cohort : {};
    const found = asked.map(({ key, name }) => ({ key, name, peers: peersOf(from, key), own: ownOf(key) }));
    const printed = found.filter(({ peers }) => peers);
    if (!printed.length) return { title, words: missing() };
    const sorted = [...printed].sort((a, b) => a.peers.atLeast(3).value - b.peers.atLeast(3).value);
    const [fewest, highest] = [sorted[0], sorted.at(-1)];
    const [least, most] = [fewest, highest].map(({ peers }) => peers.atLeast(3));
    const words = [
      known.length ? "" : "Requirements are not published for this cohort: these are all organizations.",
      `The fewest reach ${reaching(3)} in “${fewest.name}” (${share(least)})` +
        (printed.length < 2 ? "." : `, the most in “${highest.name}” (${share(most)})${alike(most, least)}.`),
    ].filter(Boolean).join(" ");
    return {
      title,
      words,
      cohort: from,
      draw: (width) => draw.stacked({ rows: found, label: `${title}. ${words}` }, width),
      caption: `Share of organizations at each level, by requirement of ${category.name}.`,
      columns: withOwn(SHARE_COLUMNS),
      rows: found.map(({ key, name, peers }) => ownCell(shareRow(name, peers), key)),
    };
  }

  // --- cohorts beside each other -----------------------------------------------------------------

  function cohortsByCategory({ cohort, level, by }) {
    const title = `Share at ${reaching(level)}, by ${by}`;
    const short = shortNames(categories().map(({ name }) => name));
    const columns = categories().map(({ key, name }, i) => ({ key, name: short[i], full: name }));
    const found = [["*", "All organizations"], ...pkimm.codesOf(by)].map(([code, name]) => {
      const one = code === "*" ? {} : { [by]: code };
      const isChosen = code !== "*" && cohort[by] === code;
      return { name, isChosen, overall: peersOf(one, "overall"), cells: columns.map(({ key }) => peersOf(one, key)?.atLeast(level) ?? null) };
    });
    const printed = found.slice(1).filter(({ overall }) => overall);
    const held = found.length - 1 - printed.length;
    const sorted = [...printed].sort((a, b) => b.overall.atLeast(level).value - a.overall.atLeast(level).value);
    const [largest, smallest] = [sorted[0], sorted.at(-1)].map((one) => one?.overall.atLeast(level));
    const isNarrowed = Object.keys(cohort).some((dimension) => dimension !== by);
    const words = [
      isNarrowed ? "These are groups of all organizations, not of the chosen peers." : "",
      printed.length > 1
        ? `Overall, ${sorted[0].name} has the largest share (${share(largest)})` +
          ` and ${sorted.at(-1).name} the smallest (${share(smallest)})${alike(largest, smallest)}.`
        : "Fewer than two groups of this kind are published.",
      held ? `${held} of ${found.length - 1} groups are withheld.` : "",
    ].filter(Boolean).join(" ");
    return {
      title,
      words,
      cohort: {},
      draw: (width) => draw.heatmap({ rows: found, columns, label: `${title}. ${words}` }, width),
      legend: draw.legend(
        ...[0, 1, 2, 3, 4].map((i) => [`heat-${i}`, `${i * 20}–${i * 20 + 20} %`]),
        ["key-withheld", "Withheld"],
      ),
      caption: `${title}, by category.`,
      columns: [{ text: "Cohort" }, number("Organizations"), ...columns.map(({ full }) => number(full))],
      rows: found.map(({ name, overall, cells }) => [
        name,
        overall?.n ?? WITHHELD,
        ...cells.map((one) => (one ? share(one) : WITHHELD)),
      ]),
    };
  }

  // --- gaps --------------------------------------------------------------------------------------

  function gaps({ cohort, level }) {
    const title = `Where ${isEverybody(cohort) ? "organizations" : "these peers"} fall short of level ${level}`;
    const found = categories()
      .map(({ key, name }) => {
        const one = peersOf(cohort, key)?.atLeast(level) ?? null;
        const others = isEverybody(cohort) ? null : (all().distribution({}, key)?.atLeast(level) ?? null);
        return { key, name, one, others, words: one ? `${share(one)} (${between(one).replace(" %", "")})` : "" };
      })
      .sort((a, b) => (a.one?.value ?? 2000) - (b.one?.value ?? 2000));
    const printed = found.filter(({ one }) => one);
    if (!printed.length) return { title, words: missing() };
    const apart = printed.filter(({ one, others }) => others && (one.high < others.low || one.low > others.high));
    const near = printed.slice(1).filter(({ one }) => one.low <= printed[0].one.high).map(({ name }) => name);
    const named = near.length < 4 ? near : [...near.slice(0, 3), `${near.length - 3} more`];
    const words = [
      `The largest gap is ${printed[0].name}: ${share(printed[0].one)} are at ${reaching(level)}.`,
      near.length ? `Not distinguishable from it: ${pkimm.listed(named)}.` : "",
      isEverybody(cohort)
        ? ""
        : apart.length
          ? `Clearly different from all organizations: ${pkimm.listed(apart.map(({ name }) => name))}.`
          : "No category is clearly different from all organizations: the intervals overlap.",
    ].filter(Boolean).join(" ");
    return {
      title,
      words,
      draw: (width) => draw.dots({ rows: found, unit: " %", others: true, label: `${title}. ${words}` }, width),
      legend: draw.legend(
        ["key-dot", `Share at level ${level} or above, with its 95 % interval`],
        !isEverybody(cohort) && ["key-others-dot", "All organizations"],
      ),
      caption: `Share at ${reaching(level)}, smallest first.`,
      columns: withOwn([{ text: "Category" }, number("Share"), number("95 % interval"), number("All organizations")]),
      rows: found.map(({ key, name, one, others }) =>
        ownCell([name, one ? share(one) : WITHHELD, one ? between(one) : "", others ? share(others) : "–"], key)),
    };
  }

  // --- trend -------------------------------------------------------------------------------------

  function overTime({ cohort, show, level }) {
    const title = `${measureName(show)} over the releases: share at level ${level} or above`;
    const points = seriesOf(cohort, show, level);
    const printed = points.filter(({ one }) => one);
    if (pkimm.series.length < 2) {
      return { title, words: "This site was made from one release. The trend needs two." };
    }
    if (!printed.length) return { title, words: missing() };
    const [first, last] = [printed[0], printed.at(-1)];
    const differs = last.one.low > first.one.high || last.one.high < first.one.low;
    const words = [
      printed.length < 2
        ? `Only ${quarter(first.quarter)} prints this cohort: ${share(first.one)}.`
        : `From ${share(first.one)} in ${quarter(first.quarter)} to ${share(last.one)} in ${quarter(last.quarter)}:` +
          ` ${differs ? "a clear change" : "not distinguishable, the intervals overlap"}.`,
      `Each release joins the newest assessments of ${pkimm.data.release.window} months, so part of a change is a change of who takes part.`,
    ].join(" ");
    const others = isEverybody(cohort) ? null : seriesOf({}, show, level);
    return {
      title,
      words,
      draw: (width) => draw.trend({ points, others, label: `${title}. ${words}` }, width),
      legend: draw.legend(
        ["key-dot", "This cohort, with its 95 % interval"],
        points.some(({ isCarried }) => isCarried) && ["key-carried", `Carried forward: fewer than ${pkimm.data.release.changes} organizations changed`],
        others && ["key-others-line", "All organizations"],
      ),
      caption: `${title}.`,
      columns: [{ text: "Release" }, number("Organizations"), number("Share"), number("95 % interval"), number("Computed for")],
      rows: points.map(({ quarter: q, n, one, asOf }) => [quarter(q), n || WITHHELD, one ? share(one) : WITHHELD, one ? between(one) : "", asOf ? quarter(asOf) : ""]),
    };
  }

  function seriesOf(cohort, show, level) {
    return pkimm.series.map((figures) => {
      const peers = figures.distribution(cohort, show);
      const { quarter: q } = figures.release;
      return {
        quarter: q,
        n: peers?.n ?? "",
        one: peers?.atLeast(level) ?? null,
        asOf: peers?.asOf ?? "",
        isCarried: Boolean(peers) && peers.asOf !== q,
      };
    });
  }

  // --- my own ranks ------------------------------------------------------------------------------

  function ownRanks() {
    const title = "Where you stand among these peers";
    const found = Object.entries(pkimm.mine?.measures ?? {})
      .filter(([, { kind }]) => kind === "overall" || kind === "category")
      .map(([key, { name, place, own, exact }]) => ({ key, name, place, own, figure: pkimm.figure(exact) }));
    const placed = found.filter(({ place }) => place.rank !== undefined).sort((a, b) => a.place.rank - b.place.rank);
    if (!placed.length) return { title, words: "Nothing can be compared with this cohort." };
    const named = (verdict) => placed.filter(({ place }) => place.verdict === verdict).map(({ name }) => name);
    const [above, below] = [named("above"), named("below")];
    const words = [
      below.length ? `Clearly below most peers: ${pkimm.listed(below)}.` : "Nowhere clearly below most peers.",
      above.length ? `Clearly above most peers: ${pkimm.listed(above)}.` : "Nowhere clearly above most peers.",
      "For the rest, the peer in the middle may be at your level.",
    ].join(" ");
    const rows = placed.map(({ name, place }) => ({
      name,
      isOwn: true,
      words: { above: "above most", below: "below most" }[place.verdict] ?? "not distinct",
      one: { value: place.rank, low: place.low, high: place.high, qualifier: "=" },
    }));
    return {
      title,
      words,
      draw: (width) => draw.dots({ rows, unit: "", zones: true, label: `${title}. ${words}` }, width),
      legend: draw.legend(
        ["key-own", "Percentile rank: the share of peers at lower levels, and half of those at yours"],
        ["key-interval", "95 % interval"],
      ),
      caption: "Your level among the peers, lowest rank first.",
      columns: [{ text: "Measure" }, number("Your score"), number("Your level"), { text: "Position" }, number("Percentile rank"), number("95 % interval")],
      rows: placed.map(({ name, own, figure, place }) => [
        name, figure, own.level, place.text, place.rank / 10, `${Math.floor(place.low / 10)}–${Math.ceil(place.high / 10)}`,
      ]),
    };
  }

  pkimm.charts = { allCategories, cohortsByCategory, gaps, oneMeasure, overTime, ownRanks, requirementsOf };
})((globalThis.pkimm ??= {}));
