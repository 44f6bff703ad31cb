/*
What each chart shows for the chosen peers: its words, its drawing and its table.

A description is {title, words, draw, legend, caption, columns, rows}, with `group` where
its figures are not those of the chosen peers; or {title, words} where nothing is printed.
*/

const number = (text) => ({ text, isNumber: true });
const withheldWords = (release) => say("site.withheld_why", { threshold: release.facts.threshold });

const categoriesOf = ({ edition, measures }) => edition.categories.filter(({ key }) => measures.includes(key));

/* Own place in a measure, for drawings; null without one. */
function ownOf({ mine, release, group }, measure) {
  const one = mine?.comparison.measures[measure];
  return one?.own.level ? { level: one.own.level, figure: scoreText(one.own.score) } : null;
}

const shareColumns = () => [
  number(say("column.n")),
  ...LEVELS.flatMap((level) => [number(say("site.level", { level })), number(say("site.level_interval", { level }))]),
  number(say("site.median")),
];

function shareCells(peers) {
  const withheld = say("site.withheld");
  if (!peers) return [withheld, ...LEVELS.flatMap(() => [withheld, ""]), withheld];
  const levels = LEVELS.flatMap((level) => {
    const one = shareAt(peers, level);
    return [shareMark(one), rangeWords(one.interval)];
  });
  return [bandText(peers.n), ...levels, quantileWords(peers.median)];
}

const withOwn = (view, columns) => (view.mine ? [...columns, number(say("site.your_score"))] : columns);
const ownCell = (view, cells, measure) => (view.mine ? [...cells, ownOf(view, measure)?.figure ?? "–"] : cells);
const atLevel = (peers, level) => peers && atLeast(peers, level);
const bySize = (of) => (a, b) => of(a).value - of(b).value;

// --- the chosen peers ---------------------------------------------------------------------

function levelsChart(view) {
  const { release, group, show } = view;
  const { edition } = release;
  const title = say("site.levels_title", { measure: nameOf(edition, show) });
  const peers = release.peers(group, show);
  if (!peers) return { title, words: withheldWords(release) };
  const others = release.keyOf(group) ? release.peers({}, show) : null;
  const own = ownOf(view, show);
  const words = show === "overall" ? "" : mostFrequent(edition, peers); // else below the headline
  const row = (name, one) => ownCell(view, [name, ...shareCells(one)], show);
  return {
    title,
    words,
    note: combined(release, group),
    draw: (width) => columns({ edition, peers, others, own, label: `${title}. ${words}` }, width),
    legend: [
      ["peers", groupName(release, group)],
      others && ["others", say("site.everybody")],
      ["whisker", say("site.interval_key")],
      ["open", say("site.open_key")],
      own && ["own", say("site.you_key")],
    ],
    caption: say("site.levels_caption", { measure: nameOf(edition, show), quarter: quarterText(peers.as_of) }),
    columns: withOwn(view, [{ text: say("site.group") }, ...shareColumns()]),
    rows: [row(groupName(release, group), peers), ...(others ? [row(say("site.everybody"), others)] : [])],
  };
}

/* Bars divided by level, for categories or requirements. */
function levelBars(view, { title, elements, group, words, caption, headings }) {
  const { release } = view;
  const { edition } = release;
  const bars = elements.map(({ key }) => ({
    key,
    name: nameOf(edition, key),
    peers: release.peers(group, key),
    own: ownOf(view, key),
  }));
  const printed = bars.filter(({ peers }) => peers);
  if (!printed.length) return { title, words: withheldWords(release) };
  const of = ({ peers }) => atLeast(peers, 3);
  const sorted = printed.toSorted(bySize(of));
  const [fewest, most] = [sorted[0], sorted.at(-1)];
  const spoken = sentences(
    words,
    say("site.bars_finding", {
      reaching: reaching(edition, 3),
      most: most.name,
      most_share: shareWords(of(most)),
      fewest: fewest.name,
      fewest_share: shareWords(of(fewest)),
      alike: alike(of(most), of(fewest)),
    }),
  );
  const rows = headings
    ? edition.modules.flatMap((id) => {
        const inside = bars.filter(({ key }) => key.startsWith(`${id}.`));
        return inside.length ? [{ heading: nameOf(edition, id) }, ...inside] : [];
      })
    : bars;
  return {
    title,
    words: spoken,
    group,
    draw: (width) => stacked({ edition, rows, label: `${title}. ${spoken}` }, width),
    legend: [
      ...LEVELS.map((level) => [`level-${level}`, `${level} ${levelName(edition, level)}`]),
      ["open", say("site.open_zone")],
      view.mine && ["own", say("site.you_key")],
    ],
    caption,
    columns: withOwn(view, [{ text: say("column.name") }, ...shareColumns()]),
    rows: bars.map(({ key, name, peers }) => ownCell(view, [name, ...shareCells(peers)], key)),
  };
}

const categoriesChart = (view) =>
  levelBars(view, {
    title: say("site.categories_title"),
    elements: categoriesOf(view.release),
    group: view.group,
    caption: say("site.categories_caption"),
    headings: true,
  });

function requirementsChart(view) {
  const { release, group, show } = view;
  const category = release.edition.category(show);
  const known = category?.requirements.filter(({ key }) => release.measures.includes(key)) ?? [];
  if (!known.length) return null;
  const isOfGroup = release.hasMeasure(group, known[0].key);
  const name = nameOf(release.edition, show);
  return levelBars(view, {
    title: say("site.requirements_title", { name }),
    elements: known,
    group: isOfGroup ? group : {},
    words: isOfGroup ? "" : say("site.requirements_of_all"),
    caption: say("site.requirements_caption", { name }),
  });
}

function gapsChart(view) {
  const { release, group, level } = view;
  const title = say("site.gaps_title", { level });
  const isAll = !release.keyOf(group);
  const rows = categoriesOf(release)
    .map(({ key }) => {
      const one = atLevel(release.peers(group, key), level);
      const all = isAll ? null : atLevel(release.peers({}, key), level);
      const words = one ? `${shareMark(one)} (${rangeWords(one.interval)})` : "";
      return { key, name: nameOf(release.edition, key), one, all, words };
    })
    .toSorted((a, b) => (a.one?.value ?? 2) - (b.one?.value ?? 2));
  const printed = rows.filter(({ one }) => one);
  if (!printed.length) return { title, words: withheldWords(release) };
  const [first, ...rest] = printed;
  const near = rest.filter(({ one }) => !exceeds(one, first.one)).map(({ name }) => name);
  const words = sentences(
    say("site.gaps_finding", { name: first.name, share: shareWords(first.one), reaching: reaching(release.edition, level) }),
    near.length > 0 && say("site.gaps_near", { names: inList(near.length < 4 ? near : [...near.slice(0, 3), say("site.more", { n: near.length - 3 })]) }),
  );
  return {
    title,
    words,
    draw: (width) => dots({ rows, label: `${title}. ${words}` }, width),
    legend: [
      ["dot", say("site.dot_key", { reaching: reaching(release.edition, level) })],
      ["open", say("site.open_key")],
      !isAll && ["others-dot", say("site.everybody")],
    ],
    caption: say("site.gaps_caption", { reaching: reaching(release.edition, level) }),
    columns: withOwn(view, [{ text: say("column.name") }, number(say("site.share")), number(say("site.interval")), number(say("site.everybody"))]),
    rows: rows.map(({ key, name, one, all }) =>
      ownCell(view, [name, one ? shareMark(one) : say("site.withheld"), one ? rangeWords(one.interval) : "", all ? shareMark(all) : "–"], key)),
  };
}

// --- groups beside each other, and over time ----------------------------------------------

/* First word of a name, or two where one is short or not enough among the others. */
function shortNames(names) {
  const words = (name, n) => name.split(" ").slice(0, n).join(" ");
  const first = names.map((name) => words(name, 1));
  return names.map((name, i) =>
    first[i].length > 3 && first.filter((one) => one === first[i]).length === 1 ? first[i] : words(name, 2));
}

function groupsChart(view) {
  const { release, group, level, by } = view;
  const { edition } = release;
  const title = say("site.groups_title", { reaching: reaching(edition, level), by: say(`dimension.${by}`) });
  const keys = categoriesOf(release).map(({ key }) => key);
  const names = keys.map((key) => nameOf(edition, key));
  const short = shortNames(names);
  const rows = [[ALL], ...release.codesOf(by)].map(([code]) => {
    const one = code === ALL ? {} : { [by]: code };
    return {
      name: groupName(release, one),
      isChosen: code !== ALL && group[by] === code,
      overall: release.peers(one, "overall"),
      cells: keys.map((key) => atLevel(release.peers(one, key), level)),
    };
  });
  const of = ({ overall }) => atLeast(overall, level);
  const printed = rows.slice(1).filter(({ overall }) => overall).toSorted(bySize(of));
  const held = rows.length - 1 - printed.length;
  const [smallest, largest] = [printed[0], printed.at(-1)];
  const words = sentences(
    Object.keys(group).some((d) => d !== by) && say("site.groups_of_all"),
    printed.length > 1
      ? say("site.groups_finding", { most: largest.name, most_share: shareWords(of(largest)), fewest: smallest.name, fewest_share: shareWords(of(smallest)), alike: alike(of(largest), of(smallest)) })
      : say("site.groups_few"),
    held > 0 && say("site.groups_withheld", { n: held, total: rows.length - 1 }),
  );
  return {
    title,
    words,
    group: {},
    draw: (width) => heatmap({ rows, heads: names.map((name, i) => ({ name, short: short[i] })), label: `${title}. ${words}` }, width),
    legend: [
      ...[0, 1, 2, 3, 4].map((i) => [`heat-${i}`, shareMark({ range: [i / 5, (i + 1) / 5] })]),
      ["open", say("site.open_key")],
      ["withheld", say("site.withheld")],
    ],
    caption: title,
    columns: [{ text: say("site.group") }, number(say("column.n")), ...names.map(number)],
    rows: rows.map(({ name, overall, cells }) => [
      name,
      overall ? bandText(overall.n) : say("site.withheld"),
      ...cells.map((one) => (one ? shareMark(one) : say("site.withheld"))),
    ]),
  };
}

function trendChart(view) {
  const { release, group, show, level } = view;
  const title = say("site.trend_title", { measure: nameOf(release.edition, show), reaching: reaching(release.edition, level) });
  const isAll = !release.keyOf(group);
  const points = release.series.map((of) => {
    const peers = release.peers(group, show, of);
    return {
      quarter: of.facts.quarter,
      peers,
      one: atLevel(peers, level),
      all: isAll ? null : atLevel(release.peers({}, show, of), level),
      isCarried: Boolean(peers) && peers.as_of !== of.facts.quarter,
    };
  });
  const printed = points.filter(({ one }) => one);
  if (!printed.length) return { title, words: withheldWords(release) };
  const [first, last] = [printed[0], printed.at(-1)];
  const differs = exceeds(last.one, first.one) || exceeds(first.one, last.one);
  const values = { first: quarterText(first.quarter), first_share: shareWords(first.one), last: quarterText(last.quarter), last_share: shareWords(last.one) };
  const words = sentences(
    printed.length < 2 ? say("site.trend_once", values) : say(differs ? "site.trend_changed" : "site.trend_alike", values),
    say("site.trend_note", { window: release.facts.window }),
  );
  return {
    title,
    words,
    draw: (width) => trend({ points, label: `${title}. ${words}` }, width),
    legend: [
      ["dot", groupName(release, group)],
      ["open", say("site.open_key")],
      points.some(({ isCarried }) => isCarried) && ["carried", say("site.carried_key", { changes: release.facts.changes })],
      !isAll && ["others-line", say("site.everybody")],
    ],
    caption: title,
    columns: [{ text: say("peers.release") }, number(say("column.n")), number(say("site.share")), number(say("site.interval")), number(say("site.as_of"))],
    rows: points.map(({ quarter, peers, one }) => [
      quarterText(quarter),
      ...(one ? [bandText(peers.n), shareMark(one), rangeWords(one.interval), quarterText(peers.as_of)] : [say("site.withheld"), "", "", ""]),
    ]),
  };
}

// --- the visitor among the peers ----------------------------------------------------------

function positionsChart({ release, mine, group }) {
  const title = say("site.positions_title");
  const shown = Object.entries(mine.comparison.measures).filter(
    ([, { kind, position }]) => (kind === "overall" || kind === "category") && position.rank,
  );
  if (!shown.length) return { title, words: withheldWords(release) };
  const rows = shown.map(([key, measure]) => ({
    key,
    name: nameOf(release.edition, key),
    measure,
    score: say("site.score_level", { score: scoreText(measure.own.score), level: measure.own.level }),
  }));
  const named = (verdict) => inList(rows.filter(({ measure }) => measure.position.verdict === verdict).map(({ name }) => name));
  const words = sentences(
    named("below") ? say("site.positions_below", { names: named("below") }) : say("site.positions_none_below"),
    named("above") ? say("site.positions_above", { names: named("above") }) : say("site.positions_none_above"),
  );
  return {
    title,
    words,
    draw: (width) => positions({ rows, label: `${title}. ${words}` }, width),
    legend: [
      ...["below", "at", "above"].map((side) => [`side-${side}`, say(`site.side.${side}`)]),
      ["open", say("site.open_zone")],
    ],
    caption: say("site.positions_caption"),
    columns: [{ text: say("column.name") }, number(say("site.your_score")), number(say("column.level")), { text: say("site.position_column") }, number(say("site.rank")), number(say("site.interval"))],
    rows: rows.map(({ name, measure }) => {
      const { rank } = measure.position;
      const [low, high] = rank.interval;
      return [name, scoreText(measure.own.score), measure.own.level, positionWords(measure), rank.value, `${Math.floor(low + 1e-9)}–${Math.ceil(high - 1e-9)}`];
    }),
  };
}
