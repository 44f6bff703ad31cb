/* Scope: what is assessed, by whom, and what of the model applies. */

const withScope = (Base) => class extends Base {
  renderScope() {
    const coded = (name, label) => this.choiceField("organization", name, label, this.codes[name]);
    const chosen = () => this.value("assessment", "extensions") || [];
    const boxes = this.extensions.map((one) => {
      const box = h("input", { type: "checkbox", onchange: () =>
        this.edit([{ target: "assessment", after: { extensions: box.checked ? [...chosen(), one.id] : chosen().filter((id) => id !== one.id) } }], one.name) });
      const update = () => {
        box.checked = chosen().includes(one.id);
        box.disabled = Boolean(this.status.locked);
      };
      update();
      return { node: h("label", { class: "pkq-check" }, box, ` ${one.name}`), update };
    });
    fill(this.main, 
      h("h2", { text: "What is assessed" }),
      h("p", { class: "pkq-text", text: "Names and texts stay in your workspace. Only coded fields can ever be contributed, and only if you choose to." }),
      this.fieldset("use_case", "Use case", [
        this.textField("use_case", "name", "Name", { required: true, hint: "One PKI use case, such as “device certificates”. Use the same name next time, so that progress is shown." }),
        this.textField("use_case", "description", "Description", { long: true }),
        this.textField("use_case", "components", "Components in scope", { long: true }),
        this.textField("use_case", "out_of_scope", "Left out of scope", { long: true }),
      ]),
      this.fieldset("environment", "PKI environment", [
        this.textField("environment", "high_level_design", "High-level design", { long: true }),
        this.textField("environment", "points_of_interaction", "Points of interaction", { long: true }),
      ]),
      this.fieldset("organization", "Organization", [
        this.textField("organization", "name", "Name"),
        coded("role", "PKI role"), coded("sector", "Sector"), coded("size", "Size"), coded("region", "Region"),
      ], "The coded fields decide which peers you can be compared with; each has “prefer not to say”."),
      this.fieldset("assessment", "Method", [
        this.choiceField("assessment", "assurance", "How it is assessed", [["self", "Self-assessment"], ["formal", "Formal, inside the organization"], ["third-party", "By a third party"]]),
        ...boxes,
      ], boxes.length ? "Extensions add questions; the baseline score does not change." : ""),
      this.fieldset("assessor", "Assessor", [
        this.textField("assessor", "name", "Name"),
        this.choiceField("assessor", "position", "Position", [["internal", "Internal"], ["external", "External"]]),
        this.textField("assessor", "company", "Company"),
      ]),
      this.fieldset("period", "Period", [
        this.textField("period", "start", "Start", { type: "date" }),
        this.textField("period", "target", "Planned finish", { type: "date" }),
        this.textField("period", "finish", "Finish", { type: "date" }),
      ]),
      this.applicability(),
      h("div", { class: "pkq-turn" }, button("Go to the questions", () => this.openPage(this.page), { class: "pkq-primary" })));
  }

  applicability() {
    const boxes = new Map();
    const rows = [];
    const addRow = (element, depth, hidden, toggle) => {
      const row = this.applicabilityRow(element, depth, boxes, toggle);
      row.hidden = hidden;
      rows.push(row);
      return row;
    };
    for (const module of this.form.elements) {
      addRow(module, 0, false, null);
      for (const category of module.categories) {
        const inside = [];
        const toggle = this.mode === "full" && category.requirements.length
          ? button(`Requirements (${category.requirements.length})`, (event) => {
              inside.forEach((row) => (row.hidden = !row.hidden));
              event.currentTarget.setAttribute("aria-expanded", String(!inside[0].hidden));
            }, { class: "pkq-link", "aria-expanded": "false" })
          : null;
        addRow(category, 1, false, toggle);
        if (toggle) category.requirements.forEach((r) => inside.push(addRow(r, 2, true, null)));
      }
    }
    const reason = h("input", { type: "text", id: `${this.prefix}-bulk`, list: `${this.prefix}-reasons`, maxLength: 2000 });
    const selected = () => [...boxes].filter(([, box]) => box.checked).map(([key]) => key);
    const bulk = (change, label) => {
      const keys = selected();
      if (!keys.length) return this.say("Select rows first.");
      const edits = keys.map((target) => ({ target, after: change(target) })).filter((one) => one.after);
      this.edit(edits, `${label} for ${edits.length} elements`);
      boxes.forEach((box) => (box.checked = false));
      this.say(`${label}: ${edits.length} elements.`);
    };
    const withReason = (change, label) => () => {
      const text = reason.value.trim();
      if (!text) {
        this.say("A reason is needed.");
        return reason.focus();
      }
      bulk((target) => change(target, text), label);
      reason.value = "";
    };
    const tools = h("div", { class: "pkq-bar", role: "group", "aria-label": "Change the selected rows" },
      h("span", { class: "pkq-field" }, h("label", { for: reason.id, text: "Reason" }), reason, this.knownReasons()),
      button("Set not applicable", withReason((target, text) => this.offChange(target, text), "Not applicable")),
      button("Set in part", withReason((target, text) => (target.includes(".") ? { partial: true, reason: text } : null), "In part")),
      button("Set applicable", () => bulk((target) => this.onChange(target), "Applicable")));
    return h("fieldset", { class: "pkq-matrix", "data-target": "applicability", tabIndex: -1 },
      h("legend", { text: "Applicability" }),
      h("p", { class: "pkq-soft", text: "What does not apply adds neither level nor weight. Give the reason; it is printed in the report." }),
      tools,
      h("div", { class: "pkq-scroll", tabIndex: 0, role: "region", "aria-label": "Applicability of each element" },
        h("table", {}, h("thead", {}, h("tr", {}, ["Select", "Element", "Applies", "Reason"].map((text) => h("th", { scope: "col", text })))), h("tbody", {}, rows))));
  }

  offChange(target, reason) {
    const level = this.value(target, "level");
    return { state: "not_applicable", level: null, partial: false, reason, ...(level ? { set_aside_level: level } : {}) };
  }

  onChange(target) {
    const { state, level, set_aside_level: aside } = this.values(target);
    if (state !== "not_applicable") return { partial: false, reason: "" };
    const back = level || aside || null;
    return { state: back ? "rated" : "unanswered", level: back, partial: false, reason: "", set_aside_level: null };
  }

  applicabilityRow(element, depth, boxes, toggle) {
    const { key } = element;
    const name = `${element.label} ${element.name}`;
    const box = h("input", { type: "checkbox", "aria-label": `Select ${name}` });
    boxes.set(key, box);
    if (depth === 0) box.addEventListener("change", () => boxes.forEach((other, k) => { if (k.startsWith(key + ".") && k.split(".").length === 2) other.checked = box.checked; }));
    const options = [["yes", "Applies"], ...(depth ? [["part", "In part"]] : []), ["no", "Not applicable"]];
    const select = h("select", { "aria-label": `${name}: applies` }, options.map(([value, text]) => h("option", { value }, text)));
    const reason = h("input", { type: "text", "aria-label": `${name}: reason`, list: `${this.prefix}-reasons`, maxLength: 2000 });
    const hint = h("span", { class: "pkq-gap" });
    const current = () => {
      const values = this.values(key);
      return values.state === "not_applicable" ? "no" : values.partial ? "part" : "yes";
    };
    const store = () => {
      const text = reason.value.trim();
      if (select.value === "yes") this.edit([{ target: key, after: this.onChange(key) }], `${name} applies`);
      else if (!text) {
        hint.textContent = "Give the reason; it is stored then.";
        return;
      } else if (select.value === "no") this.edit([{ target: key, after: this.offChange(key, text) }], `${name} not applicable`);
      else this.edit([{ target: key, after: { ...(current() === "no" ? this.onChange(key) : {}), partial: true, reason: text } }], `${name} in part`);
      hint.textContent = "";
    };
    select.addEventListener("change", () => {
      store();
      if (select.value !== "yes" && !reason.value.trim()) reason.focus();
    });
    reason.addEventListener("change", () => select.value !== "yes" && store());
    const row = h("tr", { "data-depth": String(depth), "data-key": key },
      h("td", {}, box), h("th", { scope: "row" }, name, " ", toggle), h("td", {}, select), h("td", {}, reason, hint));
    const update = () => {
      const state = current();
      if (hint.textContent === "") select.value = state;
      if (document.activeElement !== reason) reason.value = state === "yes" ? "" : this.value(key, "reason") || "";
      row.dataset.applies = this.excludedBy(key) ? "no" : state;
      select.disabled = reason.disabled = box.disabled = Boolean(this.status.locked);
    };
    update();
    this.matrix.set(key, update);
    return row;
  }
};
