/* Elements of pages and drawings. All text goes in as text: nothing is ever markup. */
"use strict";
(function (pkimm) {
  const SVG = "http://www.w3.org/2000/svg";

  function put(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
    return node;
  }

  const h = (tag, attributes = {}, ...children) =>
    put(document.createElement(tag), attributes, children);

  const s = (tag, attributes = {}, ...children) =>
    put(document.createElementNS(SVG, tag), attributes, children);

  const fill = (node, ...children) => {
    node.replaceChildren(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
    return node;
  };

  const byId = (id) => document.getElementById(id);

  /* A table: columns are {text, isNumber}; the first cell of a row heads it. */
  function tableOf(caption, columns, rows) {
    const cell = (value, i) =>
      i === 0
        ? h("th", { scope: "row" }, value)
        : h("td", { class: columns[i].isNumber ? "number" : null }, value);
    return h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map(({ text, isNumber }) =>
        h("th", { scope: "col", class: isNumber ? "number" : null }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell)))),
    );
  }

  Object.assign(pkimm, { byId, fill, h, s, tableOf });
})((globalThis.pkimm ??= {}));
