/*
Choosing peers: for every option the page says, before it is chosen, how many
organizations the cohort would have, or that it is withheld.
*/
"use strict";
(function (pkimm) {
  const { ALL, change, chosen, codesOf, current, fill, h, organizations } = pkimm;
  const NAMES = { sector: "Sector", size: "Size", region: "Region", role: "What the PKI is for", assurance: "How it was assessed", edition: "Edition of the model" };
  const FIRST = ["sector", "size", "region"];

  function pickers(place) {
    const groups = pkimm.data.dimensions.map(([dimension]) => [dimension, picker(dimension)]);
    const first = groups.filter(([dimension]) => FIRST.includes(dimension));
    const more = groups.filter(([dimension]) => !FIRST.includes(dimension));
    const rest = h(
      "details",
      { class: "more" },
      h("summary", {}, "More ways to narrow: purpose, assurance, edition"),
      more.map(([, { box }]) => box),
    );
    const isNarrowed = more.some(([dimension]) => current().cohort[dimension]);
    if (isNarrowed) rest.open = true;
    const said = h("p", { class: "said", role: "status" });
    fill(
      place,
      first.map(([, { box }]) => box),
      more.length ? rest : null,
      groups.length ? null : h("p", {}, "This release is not broken down by cohorts: there are too few organizations."),
      said,
    );
    const update = () => {
      groups.forEach(([, { refresh }]) => refresh());
      fill(said, current().sentence);
      said.hidden = !current().sentence;
    };
    update();
    pkimm.onChange(update);
  }

  function picker(dimension) {
    const options = [[ALL, "All"], ...codesOf(dimension)].map(([code, name]) => option(dimension, code, name));
    const box = h(
      "fieldset",
      { class: "picker" },
      h("legend", {}, NAMES[dimension] ?? dimension),
      h("div", { class: "options" }, options.map(({ label }) => label)),
    );
    return { box, refresh: () => options.forEach(({ refresh }) => refresh()) };
  }

  function option(dimension, code, name) {
    const input = h("input", {
      type: "radio",
      name: `peers-${dimension}`,
      value: code,
      onchange: () => {
        const next = chosen(current().cohort, dimension, code);
        const sentence = next.reset.length
          ? `Reset: ${pkimm.listed(next.reset.map((d) => NAMES[d].toLowerCase()))}, because this release has no such groups together.`
          : "";
        change({ cohort: next.cohort, sentence });
      },
    });
    const count = h("span", { class: "count" });
    const label = h("label", { class: "option" }, input, h("span", { class: "name" }, name), count);
    const refresh = () => {
      const next = chosen(current().cohort, dimension, code);
      input.checked = (current().cohort[dimension] ?? ALL) === code;
      input.disabled = !next.n;
      label.classList.toggle("held", !next.n);
      count.textContent = next.n ? next.n.replace("-", "–") : "withheld";
      label.title = next.n
        ? organizations(next.n) + (next.reset.length ? `; resets ${pkimm.listed(next.reset)}` : "")
        : "Withheld: empty, too few organizations, or needed to protect another group.";
    };
    return { label, refresh };
  }

  /* The chosen cohort in one line that stays in sight. */
  function summary(place) {
    const update = () => {
      const { cohort } = current();
      const peers = pkimm.figures.distribution(cohort, "overall");
      const words = pkimm.data.importance
        .filter((d) => cohort[d])
        .map((d) => pkimm.labelOf(d, cohort[d]));
      fill(
        place,
        h("span", { class: "who" }, words.join(" · ") || "All organizations"),
        h("span", { class: "badge" }, peers ? organizations(peers.n) : "withheld"),
        words.length
          ? h("button", { type: "button", class: "link", onclick: () => change({ cohort: {} }) }, "Show all")
          : h("a", { href: "#peers" }, "Choose your peers"),
      );
    };
    update();
    pkimm.onChange(update);
  }

  Object.assign(pkimm, { pickers, cohortSummary: summary });
})((globalThis.pkimm ??= {}));
