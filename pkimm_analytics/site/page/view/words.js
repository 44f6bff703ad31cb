/* Figures in words: shares as whole percent, with what was cut off and how sure one is. */
"use strict";
(function (pkimm) {
  const MARKS = { "=": "", "<=": "≤ ", ">=": "≥ " };

  const percent = (mille) => Math.round(mille / 10);

  /* A share as printed, such as "≤ 10 %". */
  const share = ({ value, qualifier }) => `${MARKS[qualifier]}${percent(value)} %`;

  /* Both ends of a 95 % interval, rounded outward: "28–63 %". */
  const between = ({ low, high }) => `${Math.floor(low / 10)}–${Math.ceil(high / 10)} %`;

  const reaching = (level) =>
    level >= 5 ? `level 5 (${pkimm.levelName(5)})` : `level ${level} (${pkimm.levelName(level)}) or above`;

  const organizations = (n) => `${n.replace("-", "–")} organizations`;

  const levels = (from, to) => (to - from === 1 ? `${from} or ${to}` : `${from} to ${to}`);

  /* Level of a quantile, or the levels that the printed shares leave open: "2 or 3". */
  const quantile = (one) =>
    one ? String(one.value ?? levels(one.printedLow, one.printedHigh)) : "–";

  /* What is said where nothing is printed. */
  const WITHHELD = "withheld";

  /* What is said of the largest and the smallest of several shares if chance explains both. */
  const alike = (largest, smallest) =>
    largest.low <= smallest.high ? "; even these two are not distinguishable" : "";

  /* "2026Q3" as "2026 Q3". */
  const quarter = (text) => `${text.slice(0, 4)} ${text.slice(4)}`;

  /* First word of a name, or two where one is short or not enough among the others. */
  function shortNames(names) {
    const words = (name, n) => name.split(" ").slice(0, n).join(" ");
    const first = names.map((name) => words(name, 1));
    return names.map((name, i) =>
      first[i].length > 3 && first.filter((one) => one === first[i]).length === 1
        ? first[i]
        : words(name, 2),
    );
  }

  Object.assign(pkimm, {
    WITHHELD, alike, between, organizations, percent, quantile, quarter, reaching, share, shortNames,
  });
})((globalThis.pkimm ??= {}));
