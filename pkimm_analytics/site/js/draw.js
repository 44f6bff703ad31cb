/*
Drawings as SVG: text stays text, colors come from the style sheet, marks have titles.

Each function takes what it shows and the width that there is. It averages and filters
nothing. A share that was cut off is drawn as the range that it stands for: solid up to
what is certain, open from there on.
*/

const html = htm.bind(preact.h);

const canvas = (width, height, label, marks) => html`
  <svg xmlns="http://www.w3.org/2000/svg" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`}
    role="img" aria-label=${label}>${marks}</svg>`;

const text = (x, y, content, more = {}) => html`<text x=${x} y=${y} ...${more}>${content}</text>`;
const RIGHT = { "text-anchor": "end", "dominant-baseline": "central" };
const LEFT = { "dominant-baseline": "central" };
const CENTER = { "text-anchor": "middle", "dominant-baseline": "central" };

/* A box with its explanation. */
const box = (className, [x, y, width, height], title, rx = 2) => html`
  <rect class=${className} x=${x} y=${y} width=${Math.max(width, 0)} height=${Math.max(height, 0)} rx=${rx}>
    ${title && html`<title>${title}</title>`}
  </rect>`;

/* Shares that a printed one stands for: itself, or a range where it was cut off. */
const rangeOf = ({ value, qualifier, printed }) => (qualifier === "=" ? [value, value] : printed);

/* Lines of words that fit into a width, at most two; the last one may be cut. */
function wrapped(content, width, most = 2) {
  const room = Math.max(6, Math.floor(width / 7.2));
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

/* A text of up to two lines, around y. */
function block(x, y, content, width, more = RIGHT) {
  const lines = wrapped(content, width);
  return lines.map((line, i) => text(x, y + (i - (lines.length - 1) / 2) * 15, line, more));
}

const diamond = (x, y, title, size = 7) => html`
  <path class="own" d=${`M${x} ${y - size}L${x + size} ${y}L${x} ${y + size}L${x - size} ${y}Z`}>
    <title>${title}</title>
  </path>`;

/* An interval, with a light rim so that it shows on dark bars too. */
const whisker = (x, from, to) => {
  const d = `M${x - 4} ${from}h8M${x - 4} ${to}h8M${x} ${from}V${to}`;
  return html`<path class="halo" d=${d} /><path class="whisker" d=${d} />`;
};

// --- the levels of one measure ------------------------------------------------------------

/* A column for each level, with 95% intervals; beside it, narrow, all organizations. */
function columns({ edition, peers, others, own, label }, width) {
  const [left, top, bottom, height] = [8, own ? 52 : 26, 44, own ? 316 : 290];
  const step = (width - 2 * left) / 5;
  const isNarrow = step < 96;
  const [wide, thin] = [Math.min(92, step * 0.54), others ? Math.min(22, step * 0.16) : 0];
  const shown = LEVELS.map((level) => [level, shareAt(peers, level), others && shareAt(others, level)]);
  const ends = shown.flatMap(([, one, all]) => [rangeOf(one)[1], one.interval[1], all ? rangeOf(all)[1] : 0]);
  const highest = Math.max(0.3, ...ends);
  const y = (share) => height - bottom - ((height - bottom - top) * share) / highest;
  const bar = (name, x, size, one, title) => {
    const [low, high] = rangeOf(one);
    return [
      box(name, [x, y(low), size, y(0) - y(low)], title),
      high > low && box(`${name} open`, [x + 1, y(high), size - 2, y(low) - y(high)], title),
    ];
  };
  const marks = shown.map(([level, one, all]) => {
    const center = left + step * (level - 0.5);
    const x = center - (wide + thin + (thin && 3)) / 2;
    const title = say("site.hint", { name: fullLevel(edition, level), share: shareWords(one), range: rangeWords(one.interval) });
    const isOwn = own?.level === level;
    const isAbove = isNarrow || shareMark(one).length > 5; // clear of the interval
    const high = Math.max(rangeOf(one)[1], isAbove ? one.interval[1] : 0);
    return [
      bar(`peers${isOwn ? " mine" : ""}`, x, wide, one, title),
      whisker(x + wide - 9, y(one.interval[0]), y(one.interval[1])),
      text(x + wide / 2 - (isAbove ? 0 : 6), y(high) - 8, shareMark(one), { class: "value", "text-anchor": "middle" }),
      all && bar("others", x + wide + 3, thin, all, say("site.hint_all", { share: shareWords(all) })),
      text(center, height - 24, say("site.level", { level }), { class: "strong", "text-anchor": "middle" }),
      !isNarrow && text(center, height - 7, levelName(edition, level), { class: "soft", "text-anchor": "middle" }),
      isOwn && [
        text(center, 14, say("site.you", { score: own.figure }), { class: "own-text", "text-anchor": level === 1 ? "start" : level === 5 ? "end" : "middle" }),
        diamond(center, 30, say("site.you", { score: own.figure })),
      ],
    ];
  });
  const axis = html`<line class="axis" x1=${left} x2=${width - left} y1=${y(0)} y2=${y(0)} />`;
  return canvas(width, height, label, [axis, marks]);
}

// --- rows ---------------------------------------------------------------------------------

/* Where rows have their names: before them, or above where there is little room. */
function rowLayout(width, side) {
  const isNarrow = width < 620;
  const names = isNarrow ? 0 : Math.min(250, width * 0.3);
  const from = names + (isNarrow ? 0 : 12);
  return { isNarrow, names, from, room: width - from - side, height: isNarrow ? 54 : 32 };
}

const rowName = ({ isNarrow, names, height }, y, name, width) =>
  isNarrow
    ? text(0, y + 14, wrapped(name, width, 1)[0])
    : block(names, y + height / 2, name, names);

/*
Parts of a whole from the places where they end, each a range: what is certain of every
part, and what is open between them.
*/
function zones(ends) {
  const solid = [...ends, [1, 1]].map(([to], i) => [i, i ? ends[i - 1][1] : 0, to]);
  const certain = solid.filter(([, from, to]) => to - from > 1e-9);
  const open = [];
  let at = 0;
  for (const [, from, to] of [...certain, [0, 1, 1]]) {
    if (from - at > 1e-9) open.push([at, from]);
    at = Math.max(at, to);
  }
  return { certain, open };
}

/* Ends of the parts of a distribution, from level 1 on. */
const endsOf = (peers) => LEVELS.slice(1).map((level) => rangeOf(opposite(peers[`at_least_${level}`])));

/* One bar of zones; `parts` has a class, a title and a text for each. */
function zoned({ ends, parts, openTitle }, x, y, room, height) {
  const { certain, open } = zones(ends);
  return [
    open.map(([from, to]) => box("zone open", [x + room * from + 1, y + 1, room * (to - from) - 2, height - 2], openTitle)),
    certain.map(([i, from, to]) => {
      const width = room * (to - from) - 1.5;
      return [
        box(parts[i].className, [x + room * from, y, width, height], parts[i].title),
        width > 34 && text(x + room * from + width / 2, y + height / 2, parts[i].text, { class: parts[i].textClass, ...CENTER }),
      ];
    }),
  ];
}

const withheldBar = (x, y, width, height) => [
  box("withheld", [x, y, width, height]),
  text(x + 8, y + height / 2, say("site.withheld"), { class: "soft", ...LEFT }),
];

/* A bar for each measure, divided by level, with the median beside it. */
function stacked({ edition, rows, label }, width) {
  const layout = rowLayout(width, 62);
  let y = 22;
  const marks = rows.map(({ heading, name, peers, own }) => {
    const start = y;
    y += heading ? 28 : layout.height;
    if (heading) return text(0, start + 17, heading, { class: "strong" });
    const top = start + (layout.isNarrow ? 24 : 5);
    if (!peers) return [rowName(layout, start, name, width), withheldBar(layout.from, top, layout.room, 22)];
    const parts = LEVELS.map((level) => {
      const one = shareAt(peers, level);
      return {
        className: `level-${level}`,
        textClass: `on-${level}`,
        text: shareMark(one).replace(" ", ""),
        title: `${name}, ${say("site.hint", { name: fullLevel(edition, level), share: shareWords(one), range: rangeWords(one.interval) })}`,
      };
    });
    const ends = endsOf(peers);
    const bounds = [[0, 0], ...ends, [1, 1]];
    const middle = own && (bounds[own.level - 1][0] + bounds[own.level][1]) / 2;
    return [
      rowName(layout, start, name, width),
      zoned({ ends, parts, openTitle: say("site.open_zone") }, layout.from, top, layout.room, 22),
      own && diamond(layout.from + layout.room * middle, top - 1, say("site.you", { score: own.figure }), 6),
      text(width, top + 11, quantileWords(peers.median), RIGHT),
    ];
  });
  return canvas(width, y + 4, label, [text(width, 12, say("site.median"), { class: "soft", "text-anchor": "end" }), marks]);
}

/* Who is below, at and above one's level: a bar for each measure. */
function positions({ rows, label }, width) {
  const layout = rowLayout(width, 92);
  const marks = rows.map(({ name, measure, score }, index) => {
    const y = 4 + index * layout.height;
    const top = y + (layout.isNarrow ? 24 : 7);
    const { peers, own } = measure;
    const [reach, above] = [atLeast(peers, own.level), atLeast(peers, own.level + 1)];
    const shares = [opposite(reach), shareAt(peers, own.level), above];
    const parts = ["below", "at", "above"].map((side, i) => ({
      className: `side-${side}`,
      textClass: `on-${side}`,
      text: shareMark(shares[i]).replace(" ", ""),
      title: `${name}: ${say(`site.side.${side}`)} ${shareWords(shares[i])}`,
    }));
    const ends = [rangeOf(opposite(reach)), rangeOf(opposite(above))];
    return [
      rowName(layout, y, name, width),
      zoned({ ends, parts, openTitle: say("site.open_zone") }, layout.from, top, layout.room, 18),
      text(width, top + 9, score, RIGHT),
    ];
  });
  return canvas(width, 8 + rows.length * layout.height, label, marks);
}

/* A share with its interval for each row, on a scale from 0 to 100%. */
function dots({ rows, label }, width) {
  const layout = rowLayout(width, 132);
  const side = layout.isNarrow ? 8 : 140;
  const room = width - layout.from - side - 8;
  const height = 30 + rows.length * layout.height;
  const x = (share) => layout.from + 8 + room * share;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((tick) => [
    html`<line class="grid" x1=${x(tick)} x2=${x(tick)} y1="22" y2=${height} />`,
    text(x(tick), 12, percent(tick), { class: "soft", "text-anchor": layout.isNarrow ? (tick === 0 ? "start" : tick === 1 ? "end" : "middle") : "middle" }),
  ]);
  const marks = rows.map(({ name, one, all, words }, index) => {
    const top = 26 + index * layout.height;
    const y = top + (layout.isNarrow ? 32 : layout.height / 2);
    const named = rowName(layout, top, name, width * 0.62);
    if (!one) return [named, text(x(0), y, say("site.withheld"), { class: "soft", ...LEFT })];
    return [
      named,
      layout.isNarrow
        ? text(width, top + 14, words, { class: "soft", "text-anchor": "end" })
        : text(width, y, words, RIGHT),
      all && spot("others", x, y, all, `${name}, ${say("site.hint_all", { share: shareWords(all) })}`),
      html`<line class="interval" x1=${x(one.interval[0])} x2=${x(one.interval[1])} y1=${y} y2=${y} />`,
      spot("dot", x, y, one, `${name}: ${words}`),
    ];
  });
  return canvas(width, height, label, [ticks, marks]);
}

/* A point, or an open range where the share was cut off. */
function spot(name, x, y, one, title) {
  const [low, high] = rangeOf(one);
  if (high > low) return box(`${name} open`, [x(low), y - 5, x(high) - x(low), 10], title, 5);
  return html`<circle class=${name} cx=${x(low)} cy=${y} r="5.5"><title>${title}</title></circle>`;
}

// --- groups and time ----------------------------------------------------------------------

/* Rows of groups and columns of measures; a share that was cut off has an open rim. */
function heatmap({ rows, heads, label }, width) {
  const [names, head, cellHeight] = [190, 118, 34];
  const cell = Math.max(46, (Math.max(width, 940) - names - 40) / heads.length);
  const titles = heads.map(({ short }, i) => {
    const x = names + cell * (i + 0.5);
    return text(x, head - 10, short, { class: "column", transform: `rotate(-42 ${x} ${head - 10})` });
  });
  const marks = rows.map(({ name, isChosen, cells }, index) => {
    const y = head + index * cellHeight;
    return [
      block(names - 12, y + cellHeight / 2, name, names - 12, { ...RIGHT, class: isChosen ? "strong" : null }),
      cells.map((one, i) => {
        const place = [names + cell * i + 1, y + 1, cell - 2, cellHeight - 2];
        const title = `${name}, ${heads[i].name}`;
        if (!one) return box("withheld", place, `${title}: ${say("site.withheld")}`);
        const [low, high] = rangeOf(one);
        const heat = Math.min(4, Math.floor(((low + high) / 2) * 5));
        return [
          box(`heat-${heat}${high > low ? " rim" : ""}`, place, say("site.hint", { name: title, share: shareWords(one), range: rangeWords(one.interval) })),
          text(place[0] + cell / 2, y + cellHeight / 2, shareMark(one).replace(/[ %]/g, ""), { class: "on-heat", ...CENTER }),
        ];
      }),
    ];
  });
  return canvas(names + cell * heads.length + 40, head + rows.length * cellHeight + 2, label, [titles, marks]);
}

/* Shares over releases, with intervals, and a thin line for all organizations. */
function trend({ points, label }, width) {
  const [left, right, top, bottom, height] = [54, 20, 18, 40, 280];
  const step = points.length > 1 ? (width - left - right - 40) / (points.length - 1) : 0;
  const x = (i) => left + 20 + i * step;
  const y = (share) => height - bottom - (height - bottom - top) * share;
  const every = Math.ceil((points.length * 62) / Math.max(width - left - right, 1));
  const line = (key, name) =>
    points.slice(1).map((point, i) => {
      const [before, now] = [points[i][key], point[key]];
      if (before?.qualifier !== "=" || now?.qualifier !== "=") return null;
      return html`<line class=${name} x1=${x(i)} y1=${y(before.value)} x2=${x(i + 1)} y2=${y(now.value)} />`;
    });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((tick) => [
    html`<line class="grid" x1=${left} x2=${width - right} y1=${y(tick)} y2=${y(tick)} />`,
    text(left - 8, y(tick), percent(tick), { class: "soft", ...RIGHT }),
  ]);
  const marks = points.map(({ quarter, one, isCarried }, i) => {
    const named = i % every === 0 && text(x(i), height - 14, quarterText(quarter), { class: "soft", "text-anchor": "middle" });
    if (!one) return named;
    const [low, high] = rangeOf(one);
    const title = say("site.hint", { name: quarterText(quarter), share: shareWords(one), range: rangeWords(one.interval) });
    const name = isCarried ? "dot carried" : "dot";
    return [
      named,
      whisker(x(i), y(one.interval[0]), y(one.interval[1])),
      high > low
        ? box("dot open", [x(i) - 6, y(high), 12, y(low) - y(high)], title, 5)
        : html`<circle class=${name} cx=${x(i)} cy=${y(low)} r="5.5"><title>${title}</title></circle>`,
    ];
  });
  return canvas(width, height, label, [ticks, line("all", "others-line"), line("one", "trend-line"), marks]);
}
