/*
The figures of a release, looked up: groups, what is printed about them, and the way to
the nearest published group.

Everything was computed when the page was made; see pkimm_analytics/site/figures.py. What
is handed out reads as in the documents of `pkimm benchmark --json`.
*/

const ALL = "*";
const LEVELS = [1, 2, 3, 4, 5];
const ALIKE = "not distinguishable";
const SURE = (value) => ({ value, qualifier: "=", interval: [value, value], printed: [value, value] });

/*
{facts, dimensions, importance, measures, edition, series} and functions of a group, which
is a map from dimension to code.
*/
function openRelease(raw) {
  const newest = raw.releases.at(-1);
  const edition =
    facts.editions.find((one) => one.version === newest.facts.edition) ?? facts.editions.at(-1);
  const known = new Map();

  /* Text of a group, dimensions by their importance; empty for everybody. */
  const keyOf = (group) =>
    raw.importance
      .filter((dimension) => (group[dimension] ?? ALL) !== ALL)
      .map((dimension) => `${dimension}=${group[dimension]}`)
      .join("&");

  function unpack(number) {
    const [n, step, asOf, estimates, places] = raw.patterns[number];
    const peers = { n, step, as_of: asOf };
    raw.keys.forEach((key, i) => {
      const [value, qualifier, low, high, from, to, ...wide] = raw.estimates[estimates[i]] ?? [];
      if (qualifier) peers[key] = { value, qualifier, interval: [low, high], printed: [from, to], wide: wide.length ? wide : null };
    });
    return { peers, places: places.map((place) => raw.places[place]) };
  }

  function found(group, measure, release) {
    const number = release.groups[keyOf(group)]?.[release.measures.indexOf(measure)] ?? -1;
    if (number < 0) return null;
    if (!known.has(number)) known.set(number, unpack(number));
    return known.get(number);
  }

  const release = {
    facts: newest.facts,
    dimensions: raw.dimensions,
    importance: raw.importance,
    measures: newest.measures,
    edition,
    series: raw.releases,
    keyOf,
    has: (group) => keyOf(group) in newest.groups,
    hasMeasure: (group, measure) =>
      (newest.groups[keyOf(group)]?.length ?? 0) > newest.measures.indexOf(measure) &&
      newest.measures.includes(measure),
    /* What is printed; null where nothing is. */
    peers: (group, measure, of = newest) => found(group, measure, of)?.peers ?? null,
    /* Verdict on a level, and its rank; see placeAmong. */
    place: (group, measure, level) => found(group, measure, newest)?.places[level - 1] ?? null,
    codesOf: (dimension) => (raw.dimensions.find(([name]) => name === dimension) ?? [, []])[1],
    /* What the figures of a group combine. */
    pooled: (group) => ({
      assurance: group.assurance ? [group.assurance] : ["self", "independent"],
      edition: group.edition ? [group.edition] : newest.facts.editions,
    }),
  };
  release.labelOf = (dimension, code) =>
    release.codesOf(dimension).find(([one]) => one === code)?.[1] ?? code;
  release.tells = (group) =>
    LEVELS.some((level) => (release.place(group, "overall", level) ?? [ALIKE])[0] !== ALIKE);
  release.ladder = (asked, telling = false) => ladder(release, asked, telling);
  release.chosen = (group, dimension, code) => chosen(release, group, dimension, code);
  return release;
}

/* Share at a level or above; everybody is at 1, nobody above 5. */
const atLeast = (peers, level) =>
  level <= 1 ? SURE(1) : level >= 6 ? SURE(0) : peers[`at_least_${level}`];

/* Every part of a group, from all of it to nothing of it; the most important stays longest. */
function* parts(group, dimensions) {
  for (let step = 0; step < 2 ** dimensions.length; step++) {
    const kept = dimensions.filter((_, i) => !(step & (1 << (dimensions.length - 1 - i))));
    yield Object.fromEntries(kept.map((dimension) => [dimension, group[dimension]]));
  }
}

/*
From the group that was asked for to the nearest one that publishes the overall level;
with `telling`, to the nearest one that is large enough to tell any level from its middle,
if there is one. As pkimm_analytics/benchmark/ladder.py.
*/
function ladder(release, asked, telling) {
  const used = release.importance.filter((d) => (asked[d] ?? ALL) !== ALL);
  const coarse = Object.fromEntries(used.map((d) => [d, codeIn(release, d, asked[d])]));
  const known = used.filter((d) => coarse[d] !== ALL);
  let [group, peers] = [{}, null];
  for (const step of parts(coarse, known)) {
    const shown = release.peers(step, "overall");
    if (!shown || (peers && !release.tells(step))) continue;
    [group, peers] = [step, shown];
    if (!telling || release.tells(step)) break;
  }
  const gone = release.importance.toReversed().filter((d) => used.includes(d) && !(d in group));
  const changed = Object.keys(asked).filter((d) => used.includes(d) && coarse[d] !== asked[d]);
  return {
    asked: Object.fromEntries(used.map((d) => [d, asked[d]])),
    found: group,
    relaxed: [
      ...changed.map((d) => [d, asked[d], coarse[d]]),
      ...gone.filter((d) => known.includes(d)).map((d) => [d, coarse[d], ALL]),
    ],
    gone,
    n: peers?.n ?? "",
    tells: release.tells(group),
  };
}

/* A code, or the broader one that a release of few contributors has; all if it has neither. */
function codeIn(release, dimension, code) {
  const known = release.codesOf(dimension).map(([one]) => one);
  const names = [code, ...(facts.broader[dimension]?.[code] ?? [])];
  return names.find((one) => known.includes(one)) ?? ALL;
}

/*
The group that follows when one code is chosen beside the others: with them if the plan
has that combination, else with as many of them as it has. {group, n, reset}; n is empty if
nothing is published.
*/
function chosen(release, group, dimension, code) {
  const others = release.importance.filter((d) => d !== dimension && group[d]);
  for (const kept of parts(group, others)) {
    const next = code === ALL ? kept : { ...kept, [dimension]: code };
    if (!release.has(next)) continue;
    const n = release.peers(next, "overall")?.n ?? "";
    return { group: next, n, reset: others.filter((d) => !(d in kept)) };
  }
  return { group: {}, n: "", reset: others };
}
