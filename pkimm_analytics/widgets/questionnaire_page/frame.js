/* The frame: title, saved state, steps, notices, keys. */

const KEYS = [
  ["1 to 5", "rate the question"],
  ["0 or x", "clear the rating"],
  ["a", "not applicable, with the reason; again to take it back"],
  ["p", "applies only in part, with the reason"],
  ["← →", "one level lower or higher"],
  ["↑ ↓ or k j", "question before or after"],
  ["[ ]", "page before or after"],
  ["n", "next unanswered question"],
  ["e", "notes and evidence; Escape goes back to the question"],
  ["f", "flag for another look"],
  ["c", "feedback on the question, for those who keep the model; Escape goes back"],
  ["/", "search"],
  ["u", "undo"],
  ["?", "show or hide this list"],
];

const withFrame = (Base) => class extends Base {
  drawFrame() {
    this.saving = h("span", { class: "pkq-saving" });
    this.undoButton = button("Undo", () => this.undo(), { "aria-keyshortcuts": "u" });
    this.title = h("strong", { class: "pkq-title" });
    this.totals = h("span", { class: "pkq-totals" });
    this.notices = h("div", { class: "pkq-notices" });
    this.main = h("div", { class: "pkq-main" });
    this.side = h("aside", { class: "pkq-scores", "aria-label": "Scores" });
    this.pagesNav = h("nav", { class: "pkq-pages", "aria-label": "Pages" });
    this.helpBox = h("section", { class: "pkq-help", hidden: true, "aria-label": "Keys" },
      h("h2", { text: "Keys" }),
      h("dl", {}, KEYS.map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", { text: key })), h("dd", { text })))));
    this.helpButton = button("Keys ?", () => this.help(), { "aria-expanded": "false", "aria-keyshortcuts": "?" });
    const steps = [["scope", "1 Scope"], ["questions", "2 Questions"], ["assessors", "3 Assessors"], ["finish", "4 Finish"]];
    const leave = () => {
      this.flushTexts();
      this.wantsStart = true;
      this.send({ type: "list" });
    };
    this.steps = h("nav", { class: "pkq-steps", "aria-label": "Steps" },
      steps.map(([view, text]) => button(text, () => this.show(view), { "data-view": view, class: "pkq-step" })),
      button("Other assessment", leave, { class: "pkq-link" }));
    fill(this.body, 
      h("div", { class: "pkq-top" }, this.title, this.totals, this.saving,
        h("span", { class: "pkq-actions" }, this.undoButton, this.helpButton)),
      this.helpBox, this.steps, this.notices,
      h("div", { class: "pkq-body" }, this.pagesNav, this.main, this.side));
    this.show(this.view);
    this.drawStanding();
    this.drawNotices();
    this.showSaving();
  }

  show(view) {
    this.flushTexts();
    this.view = view;
    this.root.dataset.view = view;
    for (const one of this.steps.children) one.toggleAttribute("aria-current", one.dataset.view === view);
    this.steps.querySelectorAll("[aria-current]").forEach((one) => one.setAttribute("aria-current", "step"));
    this.renderMain();
    this.drawProgress();
  }

  renderMain() {
    this.cards = new Map();
    this.fields = new Map();
    this.matrix = new Map();
    if (this.view === "scope") this.renderScope();
    else if (this.view === "assessors") this.renderAssessors();
    else if (this.view === "finish") this.renderFinish();
    else this.renderQuestions();
  }

  help() {
    this.helpBox.hidden = !this.helpBox.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.helpBox.hidden));
  }

  undo() {
    this.flushTexts();
    if (!this.status.undo && !this.pending.length) return this.say("There is nothing to undo.");
    this.say("Undone.");
    this.send({ type: "undo" });
  }

  redrawAll() {
    this.renderMain();
    this.drawProgress();
  }

  /* One value changed: only what shows it is drawn again. */
  redraw(target) {
    this.cards.get(target)?.update();
    this.fields.get(target)?.forEach((update) => update());
    this.matrix.get(target)?.();
    if (!this.questions.has(target) || target.split(".").length === 2 || !target.includes(".")) {
      const under = (other) => other === target || other.startsWith(target + ".") || other.endsWith(":" + target);
      for (const [other, card] of this.cards) if (other !== target && (under(other) || under(other.split(":").pop()))) card.update();
      for (const [other, row] of this.matrix) if (other !== target && under(other)) row();
    }
    if (target === "use_case") this.drawProgress();
  }

  drawNotices() {
    if (!this.notices) return;
    const items = [];
    if (this.status?.locked) {
      const at = String(this.status.locked.at || "").slice(0, 16).replace("T", " ");
      const intact = this.status.intact ? "" : " Its content does not match the digest: it was changed outside.";
      items.push(h("p", { class: "pkq-notice", text: `Locked on ${at}.${intact} Answers cannot be changed until you reopen it under Finish.` }));
    }
    if (this.others) items.push(h("p", { class: "pkq-notice", text: "This assessment is open in another tab too. Changes of both are joined; if both change the same answer, you are asked." }));
    if (this.elsewhere) {
      items.push(h("p", { class: "pkq-notice" }, `${this.elsewhere} ${this.elsewhere === 1 ? "change" : "changes"} from elsewhere taken over. `,
        button("OK", () => { this.elsewhere = 0; this.drawNotices(); })));
    }
    if (this.problem) items.push(h("p", { class: "pkq-alert", role: "alert", text: this.problem }));
    for (const conflict of this.conflicts) items.push(this.conflictBox(conflict));
    this.notices.replaceChildren(...items);
  }

  conflictBox(conflict) {
    const settle = (mine) => {
      this.conflicts = this.conflicts.filter((one) => one !== conflict);
      if (mine) this.edit([{ target: conflict.target, after: conflict.mine }], "a conflict");
      this.drawNotices();
    };
    const said = (values) => this.describe(values) || "nothing";
    return h("div", { class: "pkq-alert", role: "alert" },
      h("p", { text: `${this.label(conflict.target)} was changed elsewhere. There: ${said(conflict.present)}. Yours, not stored: ${said(conflict.mine)}.` }),
      button("Keep what is there", () => settle(false)), " ", button("Use mine", () => settle(true)));
  }

  describe(values) {
    const { level, state, ...rest } = values;
    const parts = [];
    if (level) parts.push(`level ${level}`);
    else if (state) parts.push(STATES[state].toLowerCase());
    for (const [name, value] of Object.entries(rest)) if (plain(value) !== null) parts.push(`${name.replaceAll("_", " ")} “${String(typeof value === "object" ? JSON.stringify(value) : value).slice(0, 200)}”`);
    return parts.join(", ");
  }
};
