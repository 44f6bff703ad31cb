/* Puts the parts of the benchmark page together, as far as a page has places for them. */
"use strict";
(function (pkimm) {
  const { LEVELS, byId, card, change, charts, current, h, levelName, reaching } = pkimm;

  function select(label, options, chosen, onchange) {
    const list = h("select", { onchange: () => onchange(list.value) },
      options.map(([value, text]) => h("option", { value }, text)));
    const refresh = () => (list.value = chosen());
    refresh();
    pkimm.onChange(refresh);
    return h("label", { class: "control" }, h("span", {}, label), list);
  }

  const measurePicker = () =>
    select(
      "Show",
      [["overall", "Overall"], ...pkimm.edition().categories.map(({ key, name }) => [key, name])]
        .filter(([key]) => pkimm.data.measures.includes(key)),
      () => current().show,
      (show) => change({ show }),
    );

  const levelPicker = () =>
    select(
      "Reaching",
      LEVELS.slice(1).map((level) => [String(level), level === 5 ? reaching(5) : `level ${level} (${levelName(level)}) or above`]),
      () => String(current().level),
      (level) => change({ level: Number(level) }),
    );

  const dimensionPicker = () =>
    select(
      "Compare by",
      pkimm.data.dimensions.map(([dimension]) => [dimension, dimension]),
      () => current().by,
      (by) => change({ by }),
    );

  const PARTS = {
    "one-measure": () => [charts.oneMeasure, [measurePicker()]],
    "all-categories": () => [charts.allCategories, []],
    requirements: () => [charts.requirementsOf, []],
    cohorts: () => [charts.cohortsByCategory, [dimensionPicker(), levelPicker()]],
    gaps: () => [charts.gaps, [levelPicker()]],
    trend: () => [charts.overTime, [measurePicker(), levelPicker()]],
    ranks: () => [charts.ownRanks, []],
  };

  function start() {
    pkimm.openFigures();
    pkimm.openRequirements();
    pkimm.openSeries();
    pkimm.isSynthetic = document.documentElement.dataset.synthetic === "yes";
    for (const [id, part] of Object.entries(PARTS)) {
      const place = byId(id);
      if (!place) continue;
      const [describe, controls] = part();
      card(place, id, describe, controls);
    }
    const build = { pickers: pkimm.pickers, "own-panel": pkimm.ownPanel, "cohort-line": pkimm.cohortSummary };
    for (const [id, fill] of Object.entries(build)) if (byId(id)) fill(byId(id));
    pkimm.onChange(refresh);
    refresh();
    new ResizeObserver(pkimm.redraw).observe(document.body);
    document.documentElement.dataset.ready = "yes";
  }

  function refresh() {
    const ranks = byId("ranks");
    if (ranks) ranks.hidden = !pkimm.mine;
    const requirements = byId("requirements");
    if (requirements) requirements.hidden = current().show === "overall" || !pkimm.requirementFigures?.measures.length;
    const trend = byId("trend");
    if (trend) trend.hidden = pkimm.series.length < 2;
    const cohorts = byId("cohorts");
    if (cohorts) cohorts.hidden = pkimm.data.dimensions.length === 0;
    pkimm.updateCards();
  }

  pkimm.refresh = refresh;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})((globalThis.pkimm ??= {}));
