/* Questions: pages, search and filter, one card for each question. */

const withQuestions = (Base) => class extends Base {
  isFiltered() {
    return this.filter.text !== "" || this.filter.state !== "all";
  }

  openPage(id, focusFirst = true) {
    this.filter = { text: "", state: "all" };
    this.page = id;
    this.show("questions");
    if (focusFirst) this.main.querySelector(".pkq-q")?.focus();
    this.main.scrollIntoView({ block: "nearest" });
  }

  jump(target) {
    const scope = ["assessment", "use_case", "organization", "assessor", "period", "environment"];
    if (scope.includes(target)) {
      this.show("scope");
      return this.main.querySelector(`[data-target="${target}"]`)?.focus();
    }
    const question = this.questions.get(target) || [...this.questions.values()].find((q) => q.key === target || q.page.id === target);
    if (!question) return this.show("scope");
    if (this.view !== "questions" || !this.cards.has(question.target)) {
      this.filter = { text: "", state: "all" };
      this.page = question.page.id;
      this.show("questions");
    }
    this.focusCard(question.target);
  }

  focusCard(target) {
    const card = this.cards.get(target);
    if (!card) return;
    card.node.focus({ preventScroll: true });
    card.node.scrollIntoView({ block: "nearest" });
  }

  matching() {
    const text = this.filter.text.toLowerCase();
    const state = this.filter.state;
    return [...this.questions.values()].filter((q) => {
      const values = this.values(q.target);
      const words = [q.label, q.title, q.text, values.notes, values.evidence].join(" ").toLowerCase();
      if (text && !words.includes(text)) return false;
      const is = this.stateOf(q.target);
      if (state === "all") return true;
      if (state === "flagged") return Boolean(values.flagged);
      if (state === "partial") return Boolean(values.partial);
      if (state === "gap") return Boolean(values.evidenced_level && values.evidenced_level < values.level);
      if (state === "changed") return this.previous?.found && values.level !== this.previousOf(q)?.level;
      if (state.startsWith("level")) return is === "rated" && values.level === Number(state.slice(5));
      return is === state;
    });
  }

  renderQuestions() {
    const search = h("input", { type: "search", id: `${this.prefix}-search`, class: "pkq-search", "aria-keyshortcuts": "/" });
    search.value = this.filter.text;
    const states = [["all", "All questions"], ["unanswered", "Unanswered"], ["flagged", "Flagged"], ["not_applicable", "Not applicable"], ["partial", "Applies in part"], ["gap", "Claimed above evidenced"],
      ...[1, 2, 3, 4, 5].map((n) => [`level${n}`, `Level ${n}`]), ...(this.previous?.found ? [["changed", "Differs from before"]] : [])];
    const select = h("select", { id: `${this.prefix}-filter` }, states.map(([value, text]) => h("option", { value, selected: value === this.filter.state }, text)));
    this.results = h("div", {});
    const apply = () => {
      this.filter = { text: search.value, state: select.value };
      this.renderCards();
      this.drawProgress();
      this.say(`${this.cards.size} questions shown.`);
    };
    search.addEventListener("input", apply);
    select.addEventListener("change", apply);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.main.querySelector(".pkq-q")?.focus();
      if (event.key === "Escape") {
        search.value = "";
        apply();
        this.main.querySelector(".pkq-q")?.focus();
        event.stopPropagation();
      }
    });
    this.searchBox = search;
    const before = this.previous?.found
      ? button(`Hide the assessment of ${this.previous.date || "before"}`, () => { this.previous = null; this.renderMain(); })
      : button("Show the previous assessment", () => this.send({ type: "previous" }));
    fill(this.main, 
      h("div", { class: "pkq-bar" },
        h("span", { class: "pkq-field" }, h("label", { for: search.id, text: "Search" }), search),
        h("span", { class: "pkq-field" }, h("label", { for: select.id, text: "Show" }), select),
        button("Next unanswered", () => this.nextUnanswered(), { "aria-keyshortcuts": "n" }), before),
      this.results);
    this.renderCards();
  }

  renderCards() {
    this.cards = new Map();
    const shown = this.isFiltered() ? this.matching() : [...this.questions.values()].filter((q) => q.page.id === this.page);
    const sections = [];
    for (const q of shown) {
      if (sections.at(-1)?.page !== q.page) sections.push({ page: q.page, questions: [] });
      sections.at(-1).questions.push(q);
    }
    this.results.replaceChildren(...sections.map((one) => this.section(one.page, one.questions)));
    if (!shown.length) this.results.append(h("p", { class: "pkq-none", text: "No question is like that." }));
    if (!this.isFiltered()) this.results.append(this.turnPage());
  }

  turnPage() {
    const index = this.pages.findIndex((page) => page.id === this.page);
    const to = (step, text) => {
      const page = this.pages[index + step];
      return page ? button(`${text} ${page.label} ${page.title}`, () => this.openPage(page.id)) : null;
    };
    const end = index === this.pages.length - 1 ? button("Finish", () => this.show("finish"), { class: "pkq-primary" }) : null;
    return h("div", { class: "pkq-turn" }, to(-1, "←"), to(1, "→"), end);
  }

  section(page, questions) {
    const figure = h("p", { class: "pkq-figure", "data-page": page.id });
    const levels = page.levels?.length
      ? h("details", { class: "pkq-scale" }, h("summary", { text: "What the five levels mean here" }),
          h("ol", { class: "pkq-levels pkq-read" }, page.levels.map((text, i) => h("li", {}, h("b", { text: `${i + 1} ${this.form.level_names[i]}` }), h("span", { text })))))
      : null;
    const section = h("section", { class: "pkq-section", "aria-label": `${page.label} ${page.title}` },
      h("h2", {}, h("span", { class: "pkq-id", text: page.label }), " ", page.title),
      page.text ? h("p", { class: "pkq-text", text: page.text }) : null,
      figure, levels,
      questions.map((q) => this.card(q)));
    this.fillFigure(figure);
    return section;
  }

  fillFigure(node) {
    const key = node.dataset.page;
    const f = this.standing.categories[key] || this.standing.modules[key];
    if (!f) return;
    const level = f.level ? `score ${f.text}, level ${f.level} ${f.name}` : STATES[f.state].toLowerCase();
    const held = f.limits?.length ? ` Held back by ${f.limits.join(", ")}.` : "";
    node.textContent = `${f.rated} of ${f.in_scope} rated, ${level}.${held}`;
  }

  updatePageHeadings() {
    this.results?.querySelectorAll(".pkq-figure").forEach((node) => this.fillFigure(node));
  }

  card(q) {
    const id = `${this.prefix}-${q.target.replace(/[^a-zA-Z0-9]/g, "-")}`;
    const chip = h("span", { class: "pkq-chip" });
    const flag = h("span", { class: "pkq-chip pkq-flagged", hidden: true, text: "Flagged" });
    const radios = [1, 2, 3, 4, 5].map((level) =>
      h("input", { type: "radio", name: id, value: String(level), onchange: () => this.rate(q.target, level) }));
    const group = h("div", { class: `pkq-levels${q.levels?.length ? "" : " pkq-short"}`, role: "radiogroup", "aria-labelledby": `${id}-h` },
      radios.map((radio, i) =>
        h("label", { class: "pkq-level-card" }, radio,
          h("span", { class: "pkq-number" }, String(i + 1)), " ", h("span", { class: "pkq-name", text: this.form.level_names[i] }),
          q.levels?.[i] ? h("span", { class: "pkq-words", text: q.levels[i] }) : null)));
    const naButton = button("Not applicable", () => this.toggleNotApplicable(q.target), { "aria-keyshortcuts": "a", "aria-pressed": "false" });
    const partButton = button("In part", () => this.togglePartial(q.target), { "aria-keyshortcuts": "p", "aria-pressed": "false" });
    const clear = button("Clear", () => this.clear(q.target), { "aria-keyshortcuts": "x" });
    const flagButton = button("Flag", () => this.flag(q.target), { "aria-keyshortcuts": "f", "aria-pressed": "false" });
    const reason = h("div", { class: "pkq-reason" });
    const before = h("div", { class: "pkq-before" });
    const details = this.details(q, id);
    const node = h("article", { class: "pkq-q", tabIndex: -1, "data-target": q.target, "aria-labelledby": `${id}-h` },
      h("header", {},
        h("h3", { id: `${id}-h` }, h("span", { class: "pkq-id", text: q.label }), " ", q.title),
        h("span", { class: "pkq-soft", text: `weight ${q.weight}` }), chip, flag),
      q.text ? h("p", { class: "pkq-text", text: q.text }) : null,
      group, reason, before,
      h("div", { class: "pkq-tools" }, naButton, partButton, clear, flagButton),
      details.node);
    node.addEventListener("focusin", () => this.setCurrent(q.target));
    const update = () => {
      const values = this.values(q.target);
      const state = this.stateOf(q.target);
      const by = this.excludedBy(q.target);
      const isLocked = Boolean(this.status.locked);
      node.dataset.state = state;
      node.dataset.level = state === "rated" ? String(values.level) : "";
      chip.textContent = state === "rated" ? `Level ${values.level} ${this.form.level_names[values.level - 1]}${values.partial ? ", in part" : ""}` : STATES[state];
      radios.forEach((radio, i) => {
        radio.checked = state === "rated" && values.level === i + 1;
        radio.disabled = isLocked || Boolean(by);
      });
      flag.hidden = !values.flagged;
      for (const one of [naButton, partButton, clear, flagButton]) one.disabled = isLocked || Boolean(by);
      naButton.setAttribute("aria-pressed", String(values.state === "not_applicable"));
      partButton.setAttribute("aria-pressed", String(Boolean(values.partial)));
      flagButton.setAttribute("aria-pressed", String(Boolean(values.flagged)));
      flagButton.textContent = values.flagged ? "Flagged" : "Flag";
      if (!reason.querySelector("form")) {
        const text = by ? `Not applicable, because ${this.label(by)} is not.` : values.reason && (state === "not_applicable" || values.partial) ? `Reason: ${values.reason}` : "";
        reason.replaceChildren(...(text ? [h("p", { text })] : []));
      }
      before.replaceChildren(...this.beforeLines(q, values));
      details.update(values);
    };
    update();
    this.cards.set(q.target, { node, update, reason, details });
    return node;
  }

  details(q, id) {
    const summary = h("summary", {});
    const notes = this.textField(q.target, "notes", "Notes", { long: true });
    const evidence = this.textField(q.target, "evidence", "Evidence seen", { long: true });
    const flagNote = this.textField(q.target, "flag_note", "Why it is flagged");
    const proven = h("select", { id: `${id}-proven`, onchange: () => this.edit([{ target: q.target, after: { evidenced_level: Number(proven.value) || null } }], `evidenced level of ${q.label}`) },
      h("option", { value: "" }, "not stated"), [1, 2, 3, 4, 5].map((n) => h("option", { value: String(n) }, `${n} ${this.form.level_names[n - 1]}`)));
    const gap = h("span", { class: "pkq-gap" });
    const lines = (title, items) => (items?.length ? [h("h4", { text: title }), h("ul", {}, items)] : []);
    const node = h("details", { class: "pkq-details" }, summary,
      notes.node, evidence.node,
      h("div", { class: "pkq-field" }, h("label", { for: proven.id, text: "Level that the evidence shows" }), proven, gap),
      flagNote.node,
      lines("Questions to start with", q.prompts?.map((text) => h("li", { text }))),
      lines("What may serve as evidence", q.hints?.map((text) => h("li", { text }))),
      lines("References", q.references?.map((ref) => h("li", {}, ref.title, ref.authority ? ` (${ref.authority})` : "", this.safeLink(ref.url)))));
    const update = (values) => {
      const n = [values.notes, values.evidence].filter(Boolean).length;
      summary.textContent = n ? `Notes and evidence (${n} written)` : "Notes and evidence";
      if (document.activeElement !== proven) proven.value = values.evidenced_level ? String(values.evidenced_level) : "";
      proven.disabled = Boolean(this.status.locked);
      const difference = values.level && values.evidenced_level ? values.level - values.evidenced_level : 0;
      gap.textContent = difference > 0 ? `Claimed level ${values.level}, evidenced level ${values.evidenced_level}.` : "";
      flagNote.node.hidden = !values.flagged;
      for (const field of [notes, evidence, flagNote]) field.update();
    };
    return { node, update, notes };
  }

  /* Addresses come from installed definitions; only web addresses become links. */
  safeLink(url) {
    if (!/^https?:\/\//.test(url || "")) return null;
    return [" ", h("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: url })];
  }

  setCurrent(target) {
    if (this.current === target) return;
    this.root.querySelector(".pkq-q[data-current]")?.removeAttribute("data-current");
    this.current = target;
    this.cards.get(target)?.node.setAttribute("data-current", "");
  }
};
