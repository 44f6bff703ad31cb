/* Answering, by mouse and by keyboard. */

const withAnswering = (Base) => class extends Base {
  rate(target, level) {
    if (this.excludedBy(target)) return this.say("Not applicable, because its category is not.");
    const q = this.questions.get(target);
    this.cards.get(target)?.reason.replaceChildren();
    const after = { state: "rated", level, set_aside_level: null };
    if (this.value(target, "state") === "not_applicable") after.reason = "";
    this.edit([{ target, after }], `level of ${q.label}`);
    this.say(`${q.label}: level ${level}, ${this.form.level_names[level - 1]}.`);
  }

  clear(target) {
    const q = this.questions.get(target);
    this.cards.get(target)?.reason.replaceChildren();
    this.edit([{ target, after: { state: "unanswered", level: null, partial: false, reason: "", set_aside_level: null } }], `clearing ${q.label}`);
    this.say(`${q.label}: unanswered.`);
  }

  flag(target) {
    const flagged = !this.value(target, "flagged");
    this.edit([{ target, after: { flagged, ...(flagged ? {} : { flag_note: "" }) } }], `flag of ${this.questions.get(target).label}`);
    this.say(flagged ? "Flagged." : "Flag removed.");
  }

  toggleNotApplicable(target) {
    const values = this.values(target);
    const q = this.questions.get(target);
    if (values.state === "not_applicable") {
      const level = values.set_aside_level || null;
      this.edit([{ target, after: { state: level ? "rated" : "unanswered", level, reason: "", set_aside_level: null } }], `${q.label} applies again`);
      return this.say(`${q.label} applies again.`);
    }
    this.askReason(target, "Why is this not applicable?", "Set not applicable", (reason) => {
      this.edit([{ target, after: { state: "not_applicable", level: null, partial: false, reason, ...(values.level ? { set_aside_level: values.level } : {}) } }], `${q.label} not applicable`);
      this.say(`${q.label}: not applicable.`);
    });
  }

  togglePartial(target) {
    const values = this.values(target);
    const q = this.questions.get(target);
    if (values.state === "not_applicable") return this.say("This is not applicable.");
    if (values.partial) return this.edit([{ target, after: { partial: false, reason: "" } }], `${q.label} applies in full`);
    this.askReason(target, "Why does this apply only in part?", "Set in part", (reason) =>
      this.edit([{ target, after: { partial: true, reason } }], `${q.label} applies in part`));
  }

  askReason(target, question, action, done) {
    const card = this.cards.get(target);
    if (!card || this.status.locked || this.excludedBy(target)) return;
    const input = h("input", { type: "text", id: `${this.prefix}-reason`, list: `${this.prefix}-reasons`, maxLength: 2000 });
    const close = () => {
      card.reason.replaceChildren();
      card.update();
      this.focusCard(target);
    };
    const form = h("form", { class: "pkq-field", onsubmit: (event) => {
      event.preventDefault();
      if (!input.value.trim()) return this.say("A reason is needed.");
      card.reason.replaceChildren();
      done(input.value.trim());
      close();
    } }, h("label", { for: input.id, text: question }), input, this.knownReasons(),
      h("button", { type: "submit", class: "pkq-button pkq-primary" }, action), button("Cancel", close));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    card.reason.replaceChildren(form);
    input.focus();
  }

  knownReasons() {
    const known = new Set(Object.keys(this.confirmed).map((target) => this.value(target, "reason")).filter(Boolean));
    return h("datalist", { id: `${this.prefix}-reasons` }, [...known].slice(0, 30).map((value) => h("option", { value })));
  }

  nextUnanswered() {
    const every = [...this.questions.keys()];
    const start = every.indexOf(this.current) + 1;
    const order = [...every.slice(start), ...every.slice(0, start)];
    const next = order.find((target) => this.stateOf(target) === "unanswered");
    if (!next) return this.say("Every question is answered.");
    this.jump(next);
  }

  step(by) {
    const shown = [...this.cards.keys()];
    const index = shown.indexOf(this.current);
    const next = shown[index < 0 ? 0 : index + by];
    if (next) return this.focusCard(next);
    const page = this.pages[this.pages.findIndex((one) => one.id === this.page) + by];
    if (page && !this.isFiltered()) {
      this.openPage(page.id);
      if (by < 0) this.focusCard([...this.cards.keys()].at(-1));
    }
  }

  onKey(event) {
    const at = event.target;
    const isOurs = this.root.contains(at) || (this.inPage && at === document.body);
    if (!this.isOpen() || !isOurs || event.ctrlKey || event.metaKey || event.altKey) return;
    if (at.matches("textarea, select, input:not([type=radio]):not([type=checkbox])")) {
      if (at.matches("select")) event.stopPropagation();
      if (event.key === "Escape" && this.current && !at.closest("form") && at !== this.searchBox) this.focusCard(this.current);
      return;
    }
    if (event.shiftKey && event.key === "Enter") return; // runs the cell
    event.stopPropagation();
    const isPress = at.matches("button, summary, a, [type=checkbox]") && [" ", "Enter"].includes(event.key);
    if (!isPress && this.runKey(event.key)) event.preventDefault();
  }

  runKey(key) {
    if (key === "?") return this.help() || true;
    if (key === "u") return this.undo() || true;
    if (key === "n") return this.nextUnanswered() || true;
    if (key === "/") {
      if (this.view !== "questions") this.show("questions");
      return this.searchBox.focus() || true;
    }
    if (key === "Escape" && !this.helpBox.hidden) return this.help() || true;
    if (this.view !== "questions") return false;
    if (key === "j" || key === "ArrowDown") return this.step(1) || true;
    if (key === "k" || key === "ArrowUp") return this.step(-1) || true;
    if (key === "[" || key === "]") {
      const page = this.pages[this.pages.findIndex((one) => one.id === this.page) + (key === "]" ? 1 : -1)];
      return (page && this.openPage(page.id)) || true;
    }
    const target = this.cards.has(this.current) ? this.current : null;
    if (!target) return false;
    const level = this.value(target, "level");
    if ("12345".includes(key)) return this.rate(target, Number(key)) || true;
    if (key === "0" || key === "x") return this.clear(target) || true;
    if (key === "ArrowRight") return this.rate(target, Math.min((level || 0) + 1, 5)) || true;
    if (key === "ArrowLeft") return (level && this.rate(target, Math.max(level - 1, 1))) || true;
    if (key === "a") return this.toggleNotApplicable(target) || true;
    if (key === "p") return this.togglePartial(target) || true;
    if (key === "f") return this.flag(target) || true;
    if (key === "e") {
      const { details } = this.cards.get(target);
      details.node.open = true;
      return details.notes.control.focus() || true;
    }
    return false;
  }
};
