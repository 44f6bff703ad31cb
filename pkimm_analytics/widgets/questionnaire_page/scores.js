/* Progress and scores. Every figure comes from Python; here it only gets its place. */

const withScores = (Base) => class extends Base {
  drawProgress() {
    if (!this.form) return;
    this.title.textContent = this.value("use_case", "name") || "Use case without a name";
    this.title.title = this.title.textContent;
    this.undoButton.disabled = Boolean(this.status.locked) || !(this.status.undo || this.pending.length);
    this.undoButton.title = this.status.undo ? `Take back: ${this.status.undo}` : "";
    const groups = [];
    for (const page of this.pages) {
      if (groups.at(-1)?.name !== page.group) groups.push({ name: page.group, pages: [] });
      groups.at(-1).pages.push(page);
    }
    const count = (page) => {
      const states = page.questions.map((q) => this.stateOf(q.target));
      const asked = states.filter((state) => state !== "not_applicable").length;
      return [states.filter((state) => state === "rated").length, asked];
    };
    const item = (page) => {
      const [done, asked] = count(page);
      const isHere = this.view === "questions" && page.id === this.page && !this.isFiltered();
      return h("li", {},
        button("", () => this.openPage(page.id), { class: "pkq-page", "data-page": page.id, "aria-current": isHere ? "page" : null }),
      );
    };
    const list = groups.map((group) => {
      const sums = group.pages.map(count).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
      return h("section", {},
        h("h2", {}, group.name, " ", h("span", { class: "pkq-soft", text: `${sums[0]} of ${sums[1]}` })),
        h("progress", { max: String(Math.max(sums[1], 1)), value: String(sums[1] ? sums[0] : 1), "aria-label": `${group.name}: ${sums[0]} of ${sums[1]} rated` }),
        h("ul", {}, group.pages.map(item)));
    });
    const signature = JSON.stringify(groups.map((g) => g.pages.map((p) => [p.id, ...count(p), p.id === this.page, this.view, this.isFiltered()])));
    if (signature === this.progressSignature && this.pagesNav.childElementCount) return;
    this.progressSignature = signature;
    const focused = this.pagesNav.contains(document.activeElement) ? document.activeElement.dataset.page : null;
    this.pagesNav.replaceChildren(...list);
    for (const page of this.pages) {
      const [done, asked] = count(page);
      const one = this.pagesNav.querySelector(`[data-page="${CSS.escape(page.id)}"]`);
      one.append(h("span", { text: `${page.label} ${page.title}` }), " ",
        h("span", { class: "pkq-count", "data-done": done === asked ? "yes" : "no", text: asked ? `${done}/${asked}` : "n/a" }));
    }
    if (focused) this.pagesNav.querySelector(`[data-page="${CSS.escape(focused)}"]`)?.focus();
  }

  drawStanding() {
    const { overall, modules, limits, next, evidenced, extensions, summary } = this.standing;
    const covered = overall.coverage === null ? "nothing in scope" : `${overall.rated} of ${overall.in_scope} rated`;
    this.totals.replaceChildren(
      h("span", { class: "pkq-total", "data-score": String(overall.score), "data-coverage": String(overall.coverage), text: overall.text }), " ",
      h("span", { class: "pkq-level", text: overall.level ? `Level ${overall.level} ${overall.name}` : "No score yet" }), " ",
      h("span", { class: "pkq-soft", text: covered }));
    const rows = Object.entries(modules).map(([key, f]) =>
      h("tr", {}, h("th", { scope: "row", text: this.names.get(key).name }),
        h("td", { text: f.text, "data-score": String(f.score), "data-key": key }),
        h("td", { text: f.level ?? "–", title: f.name }),
        h("td", { text: f.coverage === null ? "–" : `${f.coverage} %` })));
    this.radarNode = this.radar(summary);
    fill(this.side, 
      h("h2", { text: "Scores" }),
      this.radarNode,
      h("table", {}, h("caption", { class: "pkq-unseen", text: "Score, level and coverage of each module" }),
        h("thead", {}, h("tr", {}, ["Module", "Score", "Level", "Rated"].map((t) => h("th", { scope: "col", text: t })))),
        h("tbody", {}, rows,
          h("tr", { class: "pkq-sum" }, h("th", { scope: "row", text: "Overall" }), h("td", { text: overall.text }),
            h("td", { text: overall.level ?? "–", title: overall.name }),
            h("td", { text: overall.coverage === null ? "–" : `${overall.coverage} %` })))),
      evidenced ? h("p", { text: `By the evidenced levels: ${evidenced}. Claimed: ${overall.text}.` }) : null,
      Object.entries(extensions).map(([id, e]) => h("p", { "data-extension": id, text: `${e.name}: ${e.text}, floor ${e.floor}` })),
      h("h3", { text: "Next level" }),
      h("p", { text: next }),
      h("ul", { class: "pkq-limits" }, limits.map((limit) =>
        h("li", {}, button(`${limit.label} ${limit.name}`, () => this.jump(limit.key), { class: "pkq-link" }),
          h("span", { class: "pkq-soft", text: ` ${limit.text}, raising it adds ${limit.gain}` })))));
    for (const card of this.cards.values()) card.updateHeading?.();
    this.updatePageHeadings();
  }

  /* Scores come from Python; this only places them on a circle. */
  radar(summary) {
    const entries = Object.entries(this.standing.categories).filter(([, f]) => f.state !== "not_applicable");
    const at = (index, value) => {
      const angle = (2 * Math.PI * index) / entries.length - Math.PI / 2;
      return [Math.cos(angle) * value * 18, Math.sin(angle) * value * 18];
    };
    const points = (of) => entries.map((_, index) => at(index, of(index)).map((x) => x.toFixed(1)).join(",")).join(" ");
    const svg = s("svg", { viewBox: "-125 -112 250 224", class: "pkq-radar", role: "img", "aria-label": summary });
    if (entries.length < 3) return svg;
    for (const level of [1, 2, 3, 4, 5]) svg.append(s("polygon", { points: points(() => level), class: "pkq-ring" }));
    const scored = (index) => entries[index % entries.length][1].score;
    if (entries.every((_, index) => scored(index) !== null)) svg.append(s("polygon", { points: points(scored), class: "pkq-area" }));
    entries.forEach((_, index) => {
      // An unanswered category is a gap in the line, not a zero.
      if (scored(index) === null || scored(index + 1) === null) return;
      const [[x1, y1], [x2, y2]] = [at(index, scored(index)), at(index + 1, scored(index + 1))];
      svg.append(s("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: "pkq-line" }));
    });
    entries.forEach(([key, figure], index) => {
      const [x, y] = at(index, 5.75);
      const title = s("title");
      title.textContent = `${this.names.get(key).name}: ${figure.text}`;
      const text = s("text", { x: x.toFixed(1), y: (y + 3).toFixed(1), "text-anchor": Math.abs(x) < 12 ? "middle" : x > 0 ? "start" : "end", class: "pkq-axis" }, title);
      text.append(this.names.get(key).label);
      svg.append(text);
      if (figure.score === null) return;
      const [cx, cy] = at(index, figure.score);
      svg.append(s("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: "2.6", class: "pkq-dot" }));
    });
    return svg;
  }
};
