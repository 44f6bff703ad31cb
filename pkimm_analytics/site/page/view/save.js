/* Downloads, made in the browser: tables as CSV, drawings as SVG and PNG, documents as JSON. */
"use strict";
(function (pkimm) {
  const { h, s } = pkimm;
  const STYLES = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline", "opacity",
  ];
  const MARGIN = 16;

  function download(name, content, type) {
    const blob = content instanceof Blob ? content : new Blob([content], { type });
    const address = URL.createObjectURL(blob);
    const link = h("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  /* A cell for CSV: quoted where needed, and never a formula. */
  function csvCell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
    return /[",\n\r;]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  const csvOf = (columns, rows) =>
    "\ufeff" +
    [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";

  /* A drawing that stands alone: styles written out, with a title and its source below. */
  function standalone(svg, title, source) {
    const copy = svg.cloneNode(true);
    const from = [svg, ...svg.querySelectorAll("*")];
    const to = [copy, ...copy.querySelectorAll("*")];
    from.forEach((node, i) => {
      const style = getComputedStyle(node);
      for (const name of STYLES) {
        const value = style.getPropertyValue(name);
        if (value && node.tagName !== "title") to[i].setAttribute(name, plainColor(value));
      }
      to[i].removeAttribute("class");
    });
    const [width, height] = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
    const page = getComputedStyle(document.body);
    const font = { "font-family": page.fontFamily, fill: page.color };
    const inner = s("g", { transform: `translate(${MARGIN} 52)` }, ...copy.childNodes);
    const whole = s(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        width: width + 2 * MARGIN,
        height: height + 92,
        viewBox: `0 0 ${width + 2 * MARGIN} ${height + 92}`,
      },
      s("rect", { width: "100%", height: "100%", fill: surface() }),
      s("text", { x: MARGIN, y: 30, "font-size": 17, "font-weight": 600, ...font }, title),
      inner,
      s("text", { x: MARGIN, y: height + 78, "font-size": 11, ...font }, source),
    );
    return new XMLSerializer().serializeToString(whole);
  }

  const surface = () => getComputedStyle(document.documentElement).getPropertyValue("--surface").trim() || "#ffffff";

  /* Hatchings live in the style sheet's page; alone, they become a plain color. */
  const plainColor = (value) => (value.includes("url(") ? "none" : value);

  function savePng(name, text) {
    const image = new Image();
    image.onload = () => {
      const canvas = h("canvas");
      canvas.width = image.width * 2;
      canvas.height = image.height * 2;
      const context = canvas.getContext("2d");
      context.scale(2, 2);
      context.drawImage(image, 0, 0);
      canvas.toBlob((blob) => blob && download(name, blob), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }

  Object.assign(pkimm, { csvOf, download, savePng, standalone });
})((globalThis.pkimm ??= {}));
