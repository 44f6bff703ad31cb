/* Opening: the list to choose from, the form that arrives, and what an earlier life of the tab left. */

const withOpening = (Base) => class extends Base {
  onStart(message) {
    if (this.isOpen() && !this.wantsStart) return this.drawChooser(message);
    this.wantsStart = false;
    this.view = "start";
    this.id = null;
    this.startMessage = message;
    if (this.inPage) history.replaceState(null, "", location.pathname + location.search);
    const edition = h(
      "select",
      { id: `${this.prefix}-edition` },
      message.editions.map((one) => h("option", { value: one.digest, selected: one.digest === message.edition }, one.name)),
    );
    const extras = h("div", { class: "pkq-checks" });
    const drawExtensions = () => {
      const version = message.editions.find((one) => one.digest === edition.value)?.version;
      const fitting = message.extensions.filter((one) => one.compatibility.includes(version));
      extras.replaceChildren(
        ...fitting.map((one) =>
          h("label", { class: "pkq-check" }, h("input", { type: "checkbox", value: one.id, checked: message.extension.includes(one.id) }), ` ${one.name}`),
        ),
      );
    };
    edition.addEventListener("change", drawExtensions);
    drawExtensions();
    const start = button("Start a new assessment", () =>
      this.send({
        type: "create",
        edition: edition.value,
        extensions: [...extras.querySelectorAll("input:checked")].map((box) => box.value),
      }),
    { class: "pkq-primary" });
    const stored = message.stored.length
      ? h("section", { "aria-labelledby": `${this.prefix}-go` },
          h("h2", { id: `${this.prefix}-go`, text: "Go on with" }),
          h("ul", { class: "pkq-list" }, message.stored.slice(0, 50).map((one) => this.storedItem(one))))
      : null;
    fill(this.body, 
      h("div", { class: "pkq-start" },
        message.failed ? h("p", { class: "pkq-alert", role: "alert", text: message.failed }) : null,
        h("section", { "aria-labelledby": `${this.prefix}-new` },
          h("h2", { id: `${this.prefix}-new`, text: message.mode === "full" ? "New full assessment" : "New self-assessment" }),
          h("p", { text: message.mode === "full" ? "Every requirement is rated on its own. Plan a workshop of two hours." : "One level for each category. Plan fifteen minutes." }),
          h("div", { class: "pkq-field" }, h("label", { for: edition.id, text: "Edition of the model" }), edition),
          extras,
          start),
        stored),
    );
  }

  storedItem(one) {
    const name = one.use_case || "Use case without a name";
    const about = [one.organization, one.assessor, `PKIMM ${one.version}`, `${one.n_answers} answers`, one.is_locked ? "locked" : null, one.updated.slice(0, 16).replace("T", " ")];
    return h("li", {},
      button(name, () => this.send({ type: "open", id: one.id }), { class: "pkq-link", "data-id": one.id }),
      h("span", { class: "pkq-soft", text: about.filter(Boolean).join(" · ") }));
  }

  onOpened(message, mine) {
    const isSame = this.id === message.id;
    clearTimeout(this.helloTimer);
    this.id = message.id;
    this.mode = message.mode;
    this.form = message.form;
    this.codes = message.codes;
    this.extensions = message.extensions;
    this.confirmed = message.values;
    this.standing = message.standing;
    this.status = message;
    this.questions = new Map();
    this.pages = this.form.pages;
    this.pages.forEach((page) => page.questions.forEach((q) => this.questions.set(q.target, { ...q, page })));
    this.names = new Map();
    for (const m of this.form.elements) {
      this.names.set(m.key, m);
      for (const c of m.categories) {
        this.names.set(c.key, c);
        c.requirements.forEach((r) => this.names.set(r.key, r));
      }
    }
    if (message.seq) this.settle(message.seq);
    if (!isSame) {
      this.pending = [];
      this.conflicts = [];
      this.previous = null;
      this.merged = null;
      this.page = this.pages[0].id;
      this.current = null;
      this.view = this.value("use_case", "name") ? "questions" : "scope";
      this.joinChannel();
    }
    if (this.inPage) history.replaceState(null, "", `${location.pathname}${location.search}#assessment=${this.id}`);
    this.drawFrame();
    if (mine && !isSame) this.sendKept();
    this.takeReport(message);
    this.keep();
  }

  /* Edits that an earlier life of this tab could not get stored. */
  sendKept() {
    let kept = [];
    try {
      kept = JSON.parse(sessionStorage.getItem(`pkimm-pending-${this.id}`) || "[]");
    } catch {
      kept = [];
    }
    for (const one of kept) this.push(one.edits, one.label);
    if (kept.length) {
      this.say(`${kept.length} answers that were not saved before are saved now.`);
      this.redrawAll();
    }
  }

  keep() {
    try {
      const key = `pkimm-pending-${this.id}`;
      if (this.pending.length) sessionStorage.setItem(key, JSON.stringify(this.pending));
      else sessionStorage.removeItem(key);
    } catch {
      // storage may be switched off; the edits then live as long as the page
    }
  }

  /* Tells other tabs of this browser that the assessment is open here too. */
  joinChannel() {
    this.channel?.close();
    this.others = false;
    if (!("BroadcastChannel" in window)) return;
    this.channel = new BroadcastChannel(`pkimm-${this.id}`);
    this.channel.onmessage = ({ data }) => {
      if (data === "here") this.channel.postMessage("too");
      if (data === "here" || data === "too") {
        this.others = true;
        this.drawNotices();
      }
      if (data === "saved") this.send({ type: "sync" });
    };
    this.channel.postMessage("here");
  }
};
