/* One chart on the page: a sentence, the drawing, a table that says the same, downloads. */
"use strict";
(function (pkimm) {
  const { csvOf, download, fill, h, savePng, standalone, tableOf } = pkimm;
  const cards = [];

  /*
  `describe(state)` gives {title, words, draw, legend, caption, columns, rows}, and `cohort`
  if the figures are not those of the chosen one; or {title, words} where there is nothing
  to draw. `controls` stand above the drawing.
  */
  function card(place, name, describe, controls = []) {
    const title = h("h3", { id: `${name}-title` });
    const words = h("p", { class: "words", "aria-live": "polite" });
    const drawing = h("div", { class: "drawing", role: "group", "aria-labelledby": `${name}-title`, tabindex: null });
    const legend = h("div");
    const table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": `${name}-table` });
    const summary = h("summary", { id: `${name}-table` }, "Show as a table");
    const details = h("details", { class: "as-table" }, summary, table);
    const tools = h("p", { class: "tools" });
    fill(place, h("div", { class: "card-head" }, title, h("div", { class: "controls" }, controls)), words, drawing, legend, details, tools);
    place.setAttribute("aria-labelledby", `${name}-title`);
    const one = { name, place, describe, shown: null, width: 0 };

    one.update = () => {
      one.shown = describe(pkimm.current());
      const { shown } = one;
      fill(title, shown.title);
      fill(words, shown.words);
      details.hidden = tools.hidden = !shown.rows;
      fill(legend, shown.legend);
      // Emptied first, also where it is hidden: nothing of a removed assessment stays.
      fill(drawing, null);
      fill(table, shown.rows && tableOf(shown.caption, shown.columns, shown.rows));
      summary.textContent = `Show as a table: ${shown.title}`;
      one.width = 0;
      one.draw();
    };

    one.draw = () => {
      const width = Math.floor(drawing.clientWidth);
      if (!width || width === one.width) return;
      one.width = width;
      fill(drawing, one.shown?.draw?.(width));
      // A drawing that is wider than its place scrolls, also with the keyboard.
      const isWider = drawing.scrollWidth > drawing.clientWidth + 1;
      if (isWider) drawing.setAttribute("tabindex", "0");
      else drawing.removeAttribute("tabindex");
    };

    const source = () =>
      [
        `PKI maturity benchmark ${pkimm.data.release.id}`,
        pkimm.cohortWords(one.shown.cohort ?? pkimm.current().cohort),
        pkimm.isSynthetic ? "invented organizations" : "",
      ].filter(Boolean).join(" · ");
    const file = (ending) => `pkimm-${pkimm.data.release.quarter}-${name}.${ending}`;
    const save = (what, action) =>
      h("button", { type: "button", onclick: action, "aria-label": `${what}: ${name}` }, what);
    const svg = () => standalone(drawing.querySelector("svg"), one.shown.title, source());
    fill(
      tools,
      h("span", { class: "soft" }, "Download"),
      save("CSV", () => {
        const columns = one.shown.columns.map(({ text }) => text);
        download(file("csv"), csvOf(columns, one.shown.rows), "text/csv");
      }),
      save("SVG", () => download(file("svg"), svg(), "image/svg+xml")),
      save("PNG", () => savePng(file("png"), svg())),
    );
    cards.push(one);
    return one;
  }

  const updateCards = () => cards.forEach((one) => one.update());

  let waiting = 0;
  const redraw = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => cards.forEach((one) => one.draw()));
  };

  Object.assign(pkimm, { card, redraw, updateCards });
})((globalThis.pkimm ??= {}));
