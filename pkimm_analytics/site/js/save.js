/* Downloads, made in the browser: tables as CSV, drawings as SVG and PNG, documents as JSON. */

const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-opacity",
  "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline",
];

function download(name, content, type) {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/* A cell for CSV: quoted where needed, and never a formula. */
function csvCell(value) {
  const content = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(content) && !/^-?\d+(\.\d+)?$/.test(content) ? `'${content}` : content;
  return /[",\n\r;]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/* A table, with what it is about in lines below it. */
const csvOf = (heads, rows, notes = []) =>
  "\ufeff" + [heads, ...rows, ...(notes.length ? [[], ...notes.map((note) => [note])] : [])]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");

/* What a saved figure is about: release, group, how many, edition, what is combined. */
function contextOf(release, group, peers) {
  const { id, edition, synthetic } = release.facts;
  return [
    say("site.context", { release: id, group: groupName(release, group), n: peers ? organizations(peers.n) : say("site.withheld"), edition }),
    combined(release, group) || say("site.context_one", { assurance: say(`site.assurance.${release.pooled(group).assurance[0]}`) }),
    synthetic ? say("site.invented") : "",
  ].filter(Boolean);
}

const escaped = (content) => content.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/* A drawing that stands alone: styles written out, with a title and what it is about. */
function standalone(svg, title, notes) {
  const copy = svg.cloneNode(true);
  const from = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((node, i) => {
    node.removeAttribute("class");
    if (node.tagName === "title") return;
    const style = getComputedStyle(from[i]);
    for (const name of STYLES) node.setAttribute(name, style.getPropertyValue(name));
  });
  const [width, height] = [svg.clientWidth + 32, svg.clientHeight + 76 + 16 * notes.length];
  const style = getComputedStyle(svg);
  const line = (y, size, content) =>
    `<text x="16" y="${y}" font-family='${style.fontFamily}' font-size="${size}" fill="${style.color}">${escaped(content)}</text>`;
  const below = notes.map((note, i) => line(height - 12 - 16 * (notes.length - 1 - i), 11, note));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="100%" height="100%" fill="${style.getPropertyValue("--pk-ground") || style.backgroundColor}"/>` +
    `${line(30, 16, title)}<g transform="translate(16 48)">${new XMLSerializer().serializeToString(copy)}</g>` +
    `${below.join("")}</svg>`
  );
}

function savePng(name, svg) {
  const image = new Image();
  image.onload = () => {
    const picture = document.createElement("canvas");
    picture.width = image.width * 2;
    picture.height = image.height * 2;
    picture.getContext("2d").drawImage(image, 0, 0, picture.width, picture.height);
    picture.toBlob((blob) => blob && download(name, blob), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
