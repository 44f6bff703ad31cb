/* Several assessors: ratings side by side, and what they agree on. */

const withAssessors = (Base) => class extends Base {
  renderAssessors() {
    const present = this.textField("assessment", "present", "Who is present", { hint: "Recorded with every consensus." });
    this.fields.set("assessment", [present.update]);
    this.chooser = h("div", {}, h("p", { text: "Looking for assessments …" }));
    this.mergedBox = h("div", {});
    fill(this.main, 
      h("h2", { text: "Several assessors" }),
      h("p", { class: "pkq-text", text: "Everybody rates alone, in an assessment of their own. Choose those assessments; the questions on which they differ come first. What you agree on is recorded in this assessment." }),
      present.node, this.chooser, this.mergedBox);
    this.send({ type: "list" });
    if (this.merged) this.drawMerged();
  }

  drawChooser(message) {
    if (this.view !== "assessors") return;
    const fitting = message.stored.filter((one) => one.mode === this.mode);
    const boxes = fitting.map((one) => [one, h("input", { type: "checkbox", value: one.id })]);
    const said = (one) => [one.use_case || "Use case without a name", one.assessor || "no assessor", `${one.n_answers} answers`, one.id === this.id ? "this one" : null];
    const compare = () => this.send({ type: "merge", ids: boxes.filter(([, box]) => box.checked).map(([one]) => one.id) });
    this.chooser.replaceChildren(
      h("fieldset", {}, h("legend", { text: "Assessments to compare" }),
        boxes.map(([one, box]) => h("label", { class: "pkq-check" }, box, ` ${said(one).filter(Boolean).join(" · ")}`)),
        button("Compare", compare, { class: "pkq-primary" })));
  }

  onMerged(message) {
    this.merged = message;
    this.problem = null;
    this.drawNotices();
    this.drawMerged();
  }

  drawMerged() {
    const { assessors, rows, agreement } = this.merged;
    const shown = (rating) => (rating.state === "rated" ? String(rating.level) : rating.state === "not_applicable" ? "n/a" : "–");
    const number = (value) => (value === null ? "not defined" : value.toFixed(2));
    const figures = agreement
      ? [h("p", { text: `${agreement.n_equal} of ${agreement.n_compared} questions that several rated got the same level. Krippendorff’s alpha (ordinal): ${number(agreement.alpha)}. 1 is full agreement, 0 is chance.` }),
         h("ul", {}, agreement.kappas.map(({ pair, kappa }) => h("li", { text: `${assessors[pair[0]]} and ${assessors[pair[1]]}: weighted kappa ${number(kappa)}` })))]
      : [h("p", { text: "Agreement figures need two more libraries: pip install 'pkimm-analytics[agreement]'" })];
    this.consensusRows = new Map();
    const body = rows.map((row) => {
      const cell = h("td", {});
      const update = () => {
        const values = this.values(row.target);
        cell.replaceChildren(...[1, 2, 3, 4, 5].map((level) =>
          button(String(level), () => this.agree(row, level), {
            class: "pkq-small", "aria-label": `Consensus for ${this.label(row.target)}: level ${level}`,
            "aria-pressed": String(values.level === level && Boolean(values.consensus)), disabled: Boolean(this.status.locked) })));
      };
      update();
      this.cards.set(row.target, { node: cell, update, reason: h("div"), details: null });
      return h("tr", { "data-spread": String(row.spread) },
        h("th", { scope: "row", text: this.label(row.target) }),
        row.ratings.map((rating) => h("td", { text: shown(rating) })),
        h("td", { text: row.spread === 5 ? "applies or not" : String(row.spread) }), cell);
    });
    this.mergedBox.replaceChildren(...figures,
      h("div", { class: "pkq-scroll", tabIndex: 0, role: "region", "aria-label": "Ratings side by side" },
        h("table", { class: "pkq-merged" },
          h("thead", {}, h("tr", {}, ["Question", ...assessors, "Difference", "Consensus"].map((text) => h("th", { scope: "col", text })))),
          h("tbody", {}, body))));
  }

  agree(row, level) {
    this.flushTexts();
    const present = this.value("assessment", "present");
    if (!present) {
      this.problem = "Say first who is present.";
      return this.drawNotices();
    }
    const ratings = row.ratings.map((rating, i) => ({ assessor: this.merged.assessors[i], level: rating.level }));
    const consensus = { present, date: new Date().toISOString().slice(0, 10), ratings };
    this.edit([{ target: row.target, after: { state: "rated", level, set_aside_level: null, consensus } }], `consensus on ${this.label(row.target)}`);
  }
};
