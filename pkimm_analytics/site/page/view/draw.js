/*
Drawings as SVG: text stays text, colors come from the style sheet, marks have titles.

Each function takes what it shows and the width that there is, and gives an svg element.
It averages and filters nothing.
*/
"use strict";
(function (pkimm) {
  const { LEVELS, between, h, levelName, percent, quantile, s, share } = pkimm;

  const canvas = (width, height, label, ...children) =>
    s(
      "svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      children,
    );

  const text = (x, y, content, attributes = {}) => s("text", { x, y, ...attributes }, content);
  /* A share without its unit, such as "≤10". */
  const bare = (one) => share(one).replace(/[ %]/g, "");
  const hint = (content) => s("title", {}, content);

  /* Lines of words that fit into a width, at most `most`; the last one may be cut. */
  function wrapped(content, width, most = 2, size = 7.4) {
    const room = Math.max(6, Math.floor(width / size));
    const lines = [""];
    for (const word of content.split(" ")) {
      const joined = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
      if (joined.length <= room || !lines.at(-1)) lines[lines.length - 1] = joined;
      else lines.push(word);
    }
    if (lines.length > most) {
      lines.length = most;
      lines[most - 1] = `${lines[most - 1].slice(0, room - 1)}…`;
    }
    return lines;
  }

  /* A text of several lines, centered on y. */
  function block(x, y, content, width, attributes = {}, most = 2) {
    const lines = wrapped(content, width, most);
    const top = y - ((lines.length - 1) * 15) / 2;
    return lines.map((line, i) => text(x, top + i * 15, line, { "dominant-baseline": "central", ...attributes }));
  }

  /* The visitor's own place: a diamond, filled so that it stands out on every color. */
  const diamond = (x, y, title, size = 8) =>
    s(
      "path",
      { class: "own", d: `M${x} ${y - size}L${x + size} ${y}L${x} ${y + size}L${x - size} ${y}Z` },
      hint(title),
    );

  // --- one distribution ----------------------------------------------------------------------

  /* Columns for the five levels, with 95 % intervals; `others` are all organizations. */
  function distribution({ peers, others, own, label }, width) {
    const [left, top, bottom] = [8, own ? 62 : 30, 44];
    const height = 300 + (own ? 32 : 0);
    const step = (width - 2 * left) / 5;
    const column = Math.min(96, step * 0.62);
    const highest = Math.max(...LEVELS.map((level) => peers.atLevel(level).high), 300);
    const y = (mille) => height - bottom - ((height - bottom - top) * mille) / highest;
    const isNarrow = column < 70;
    /* Where the figure of a column stands: clear of its interval and of the dashed line. */
    const above = (one, all) => {
      const place = y(isNarrow ? one.high : one.value) - 8;
      const dashed = all ? y(all.value) : -100;
      return Math.abs(dashed - (place - 5)) < 14 ? Math.min(place, dashed - 8) : place;
    };
    const marks = [s("line", { class: "axis", x1: left, x2: width - left, y1: y(0), y2: y(0) })];
    for (const level of LEVELS) {
      const one = peers.atLevel(level);
      const center = left + step * (level - 0.5);
      const title = `Level ${level}, ${levelName(level)}: ${share(one)}, 95 % interval ${between(one)}`;
      marks.push(
        s("rect", {
          class: `level-${level}`,
          x: center - column / 2,
          y: y(one.value),
          width: column,
          height: Math.max(y(0) - y(one.value), 1),
          rx: 2,
        }, hint(title)),
        whisker(center + column / 2 - 9, y(one.low), y(one.high)),
        text(center - (isNarrow ? 0 : 6), above(one, others?.atLevel(level)), share(one), {
          class: "value",
          "text-anchor": "middle",
        }),
        text(center, height - 24, `Level ${level}`, { "text-anchor": "middle", class: "strong" }),
        step < 84 ? null : text(center, height - 7, levelName(level), { "text-anchor": "middle", class: "soft" }),
      );
      if (others) {
        const all = others.atLevel(level);
        marks.push(
          s("line", {
            class: "others",
            x1: center - column / 2 - 6,
            x2: center + column / 2 + 6,
            y1: y(all.value),
            y2: y(all.value),
          }, hint(`All organizations: ${share(all)}`)),
        );
      }
    }
    if (own) {
      const center = left + step * (own.level - 0.5);
      const anchor = own.level === 1 ? "start" : own.level === 5 ? "end" : "middle";
      const x = own.level === 1 ? center - column / 2 : own.level === 5 ? center + column / 2 : center;
      marks.push(
        text(x, 16, `You: ${own.figure}`, { class: "own-text", "text-anchor": anchor }),
        diamond(center, 34, `Your score: ${own.figure}, level ${own.level}`),
      );
    }
    return canvas(width, height, label, marks);
  }

  /* An interval, with a light rim so that it shows on dark bars too. */
  function whisker(x, from, to) {
    const d = `M${x - 4} ${from}h8M${x - 4} ${to}h8M${x} ${from}V${to}`;
    return [s("path", { class: "halo", d }), s("path", { class: "whisker", d })];
  }

  // --- many distributions --------------------------------------------------------------------

  /* A bar for each measure, divided by level; names above the bars where it is narrow. */
  function stacked({ rows, label }, width) {
    const isNarrow = width < 620;
    const names = isNarrow ? 0 : Math.min(250, width * 0.3);
    const side = 62;
    const rowHeight = isNarrow ? 56 : 34;
    const bar = 22;
    const from = names + (isNarrow ? 0 : 12);
    const room = width - from - side;
    const marks = [text(width, 12, "Median", { class: "soft", "text-anchor": "end" })];
    let y = 22;
    for (const row of rows) {
      if (row.heading) {
        marks.push(text(0, y + 16, row.heading, { class: "heading" }));
        y += 28;
        continue;
      }
      const top = isNarrow ? y + 28 : y + (rowHeight - bar) / 2;
      if (isNarrow) marks.push(text(0, y + 14, wrapped(row.name, width - 4, 1)[0], {}));
      else marks.push(block(names, y + rowHeight / 2, row.name, names, { "text-anchor": "end" }));
      marks.push(row.peers ? segments(row, from, top, room, bar) : withheldBar(from, top, room, bar));
      const median = row.peers?.quantile("median");
      marks.push(
        text(width, top + bar / 2, median ? `${median.value ? "level " : ""}${quantile(median)}` : "–", {
          "text-anchor": "end",
          "dominant-baseline": "central",
        }),
      );
      y += rowHeight;
    }
    return canvas(width, y + 4, label, marks);
  }

  function segments({ name, peers, own }, from, top, room, height) {
    const marks = [];
    let x = from;
    for (const level of LEVELS) {
      const one = peers.atLevel(level);
      const width = (room * one.value) / 1000;
      const title = `${name}, level ${level} (${levelName(level)}): ${share(one)}, 95 % interval ${between(one)}`;
      marks.push(
        s("rect", { class: `level-${level}`, x, y: top, width: Math.max(width - 1.5, 0), height }, hint(title)),
      );
      if (width > 26) {
        marks.push(
          text(x + width / 2, top + height / 2, width > 40 ? bare(one) : percent(one.value), {
            class: `inside-${level}`,
            "text-anchor": "middle",
            "dominant-baseline": "central",
          }),
        );
      }
      if (own?.level === level) {
        const place = Math.min(Math.max(x + width / 2, from + 7), from + room - 7);
        marks.push(diamond(place, top - 3, `You: ${own.figure}, level ${own.level}`, 6.5));
      }
      x += width;
    }
    return marks;
  }

  const withheldBar = (x, y, width, height) => [
    s("rect", { class: "withheld", x, y, width, height }),
    text(x + 8, y + height / 2, "withheld", { class: "soft", "dominant-baseline": "central" }),
  ];

  // --- shares with intervals -------------------------------------------------------------------

  /* A dot with its interval for each row, on a scale from 0 to 100. */
  function dots({ rows, label, unit, others, zones }, width) {
    const isNarrow = width < 620;
    const names = isNarrow ? 0 : Math.min(250, width * 0.3);
    const side = isNarrow ? 0 : 112;
    const from = names + (isNarrow ? 6 : 14);
    const room = width - from - side - 10;
    const rowHeight = isNarrow ? 46 : 30;
    const height = 34 + rows.length * rowHeight;
    const x = (mille) => from + (room * mille) / 1000;
    const marks = [0, 250, 500, 750, 1000].map((tick) => [
      s("line", { class: tick === 500 && zones && !isNarrow ? "axis" : "grid", x1: x(tick), x2: x(tick), y1: 22, y2: height }),
      text(x(tick), 12, `${tick / 10}${unit}`, { class: "soft", "text-anchor": anchorOf(tick, isNarrow) }),
    ]);
    rows.forEach((row, index) => {
      const y = 34 + index * rowHeight + (isNarrow ? 32 : rowHeight / 2) - 6;
      if (isNarrow) {
        marks.push(text(0, y - 15, wrapped(row.name, width * 0.62, 1)[0], {}));
        marks.push(text(width, y - 15, row.words, { "text-anchor": "end", class: "soft" }));
      } else {
        marks.push(block(names, y, row.name, names, { "text-anchor": "end" }));
        marks.push(text(width, y, row.words, { "text-anchor": "end", "dominant-baseline": "central" }));
      }
      if (!row.one) {
        marks.push(text(from, y, "withheld", { class: "soft", "dominant-baseline": "central" }));
        return;
      }
      if (others && row.others) {
        marks.push(
          s("circle", { class: "others-dot", cx: x(row.others.value), cy: y, r: 5 }, hint(`${row.name}, all organizations: ${share(row.others)}`)),
        );
      }
      const title = `${row.name}: ${row.words}`;
      marks.push(
        s("line", { class: "interval", x1: x(row.one.low), x2: x(row.one.high), y1: y, y2: y }),
        row.isOwn ? diamond(x(row.one.value), y, title, 6) : s("circle", { class: "dot", cx: x(row.one.value), cy: y, r: 5.5 }, hint(title)),
      );
    });
    return canvas(width, height, label, marks);
  }

  const anchorOf = (tick, isNarrow) =>
    isNarrow && tick === 0 ? "start" : isNarrow && tick === 1000 ? "end" : "middle";

  // --- heatmap ---------------------------------------------------------------------------------

  const STEPS = 5; // colors of the heatmap, from none to all

  function heatmap({ rows, columns, label }, width) {
    const names = 190;
    const [head, cellHeight, side] = [118, 34, 40];
    const cell = Math.max(46, (Math.max(width, 940) - names - side) / columns.length);
    const whole = names + cell * columns.length + side;
    const height = head + rows.length * cellHeight + 2;
    const marks = columns.map(({ name }, i) => {
      const x = names + cell * (i + 0.5);
      return text(x, head - 10, name, { transform: `rotate(-42 ${x} ${head - 10})`, class: "column" });
    });
    rows.forEach((row, index) => {
      const y = head + index * cellHeight;
      marks.push(block(names - 12, y + cellHeight / 2, row.name, names - 12, { "text-anchor": "end", class: row.isChosen ? "strong" : null }));
      row.cells.forEach((one, i) => {
        const x = names + cell * i;
        const name = `${row.name}, ${columns[i].full}`;
        const box = { x: x + 1, y: y + 1, width: cell - 2, height: cellHeight - 2, rx: 2 };
        if (!one) {
          marks.push(s("rect", { class: "withheld", ...box }, hint(`${name}: withheld`)));
          return;
        }
        const heat = Math.min(STEPS - 1, Math.floor((one.value / 1000) * STEPS));
        marks.push(
          s("rect", { class: `heat-${heat}`, ...box }, hint(`${name}: ${share(one)}, 95 % interval ${between(one)}`)),
          text(x + cell / 2, y + cellHeight / 2, bare(one), {
            class: "heat-text",
            "text-anchor": "middle",
            "dominant-baseline": "central",
          }),
        );
      });
    });
    return canvas(whole, height, label, marks);
  }

  // --- trend -----------------------------------------------------------------------------------

  /* Shares over releases: a line with intervals, and a thin one for all organizations. */
  function trend({ points, others, label }, width) {
    const [left, right, top, bottom] = [54, 20, 22, 40];
    const height = 290;
    const step = points.length > 1 ? (width - left - right - 40) / (points.length - 1) : 0;
    const x = (i) => left + 20 + i * step;
    const y = (mille) => height - bottom - ((height - bottom - top) * mille) / 1000;
    const marks = [0, 250, 500, 750, 1000].map((tick) => [
      s("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      text(left - 8, y(tick), `${tick / 10} %`, { class: "soft", "text-anchor": "end", "dominant-baseline": "central" }),
    ]);
    const every = Math.ceil((points.length * 62) / Math.max(width - left - right, 1));
    points.forEach(({ quarter }, i) => {
      if (i % every === 0) {
        marks.push(text(x(i), height - 14, pkimm.quarter(quarter), { class: "soft", "text-anchor": "middle" }));
      }
    });
    if (others) marks.push(...path(others, x, y, "others-line"));
    marks.push(...path(points, x, y, "trend-line"));
    points.forEach((point, i) => {
      if (!point.one) return;
      const title = `${pkimm.quarter(point.quarter)}: ${share(point.one)}, 95 % interval ${between(point.one)}`;
      marks.push(
        whisker(x(i), y(point.one.low), y(point.one.high)),
        s("circle", { class: point.isCarried ? "dot carried" : "dot", cx: x(i), cy: y(point.one.value), r: 5.5 }, hint(title)),
      );
    });
    return canvas(width, height, label, marks);
  }

  /* Line through neighboring points; it stops where a release prints nothing. */
  function path(points, x, y, name) {
    const found = [];
    for (let i = 1; i < points.length; i++) {
      const [before, now] = [points[i - 1].one, points[i].one];
      if (before && now) {
        found.push(s("line", { class: name, x1: x(i - 1), y1: y(before.value), x2: x(i), y2: y(now.value) }));
      }
    }
    return found;
  }

  /* What the colors and marks mean, as a list beside a drawing. */
  const legend = (...entries) =>
    h("ul", { class: "legend" }, entries.filter(Boolean).map(([name, words]) =>
      h("li", {}, h("span", { class: `key ${name}`, "aria-hidden": "true" }), words)));

  pkimm.draw = { distribution, dots, heatmap, legend, stacked, trend };
})((globalThis.pkimm ??= {}));
