/* One comment on one element: its fields, and what was said about the element before. */

let feedbackPanels = 0;

class FeedbackPanel {
  /* `about` is {element, name, weight}; a panel is drawn when Python has sent the words. */
  constructor(state, about, { withList = true } = {}) {
    this.state = state;
    this.about = about;
    this.withList = withList;
    this.id = `${state.prefix}-pkf${++feedbackPanels}`;
    this.node = h("div", { class: "pkf", "data-element": about.element });
    this.isFresh = true; // not yet in the page
    setTimeout(() => (this.isFresh = false), 1000);
    this.alert = h("div", { class: "pkf-alert", role: "alert" });
    this.status = h("p", { class: "pkf-status", role: "status" });
    this.list = h("div", { class: "pkf-said" });
    state.panels.add(this);
    if (state.words) this.draw();
    else {
      fill(this.node, h("p", { text: "Loading …" }));
      state.tell("list");
    }
  }

  receive(message) {
    if (!this.isDrawn && this.state.words) this.draw();
    const isMine = message.number === this.asked;
    if (isMine) clearTimeout(this.late);
    if (isMine && message.problems) this.showProblems(message);
    if (isMine && message.saved === this.about.element) {
      const hadFocus = this.node.contains(document.activeElement);
      this.draw();
      this.status.textContent = message.message;
      if (hadFocus) this.node.querySelector(".pkq-primary").focus();
    }
    if (message.edit?.element === this.about.element) this.edit(message.edit);
    this.drawList();
  }

  draw() {
    this.isDrawn = true;
    const { kind_of: kinds, forms } = this.state.words;
    const { element } = this.about;
    const { values, replaces } = this.state.draft(element);
    this.values = { ...values };
    this.replaces = replaces;
    const fields = forms[kinds[element] || "element"];
    this.alert.replaceChildren();
    this.status.textContent = "";
    fill(this.node,
      replaces ? h("p", { class: "pkq-notice", text: "You are changing an earlier comment; saving replaces it." }) : null,
      fields.map((field) => this.field(field)),
      this.kindAndText(),
      this.alert,
      h("div", { class: "pkq-bar" },
        button(replaces ? "Save the changed comment" : "Save this comment", () => this.save(), { class: "pkq-primary" }),
        button(replaces ? "Leave it as it was" : "Clear", () => this.clear())),
      this.status, this.list);
    this.drawList();
  }

  // --- fields -----------------------------------------------------------------------

  field(field) {
    if (field === "weight") return this.weight();
    if (field === "minutes") return this.numberField("minutes", "Minutes that it took", { max: 100000 });
    const scale = this.state.words.scales[field];
    const options = scale.words.map((text, place) => [place + 1, text]);
    return this.choices(field, scale.question, options, { isScale: true });
  }

  /* A question with one choice; the first choice says nothing. */
  choices(field, question, options, { isScale = false, onChange = () => {} } = {}) {
    const name = `${this.id}-${field}`;
    const choose = (value) => {
      this.set(field, value);
      onChange();
    };
    const radio = (value, content, label) =>
      h("label", { class: "pkf-choice" },
        h("input", { type: "radio", name, "aria-label": label, checked: (this.values[field] ?? null) === value, onchange: () => choose(value) }), content);
    const last = options.length - 1;
    return h("fieldset", { class: "pkf-field", "data-field": field },
      h("legend", { text: question }),
      h("div", { class: "pkf-choices" },
        options.map(([value, text], place) => isScale
          ? radio(value, h("span", {}, h("b", { text: String(value) }), place === 0 || place === last ? ` ${text}` : null), `${value}, ${text}`)
          : radio(value, h("span", { text }), null)),
        radio(null, h("span", { class: "pkq-soft", text: "prefer not to say" }), null)));
  }

  weight() {
    const { weight } = this.about;
    const box = h("div", {});
    const update = () => {
      const isOff = ["too-low", "too-high"].includes(this.values.weight);
      if (!isOff) this.set("suggested_weight", null);
      const wanted = box.childElementCount > 0;
      if (isOff && !wanted) fill(box, this.numberField("suggested_weight", "Weight that you would choose", { min: 1, max: 100 }));
      else if (!isOff && wanted) box.replaceChildren();
    };
    const known = weight ? ` The model gives it ${weight}.` : "";
    const options = Object.entries(this.state.words.weights);
    const node = h("div", {}, this.choices("weight", `Is its weight right?${known}`, options, { onChange: update }), box);
    update();
    return node;
  }

  numberField(field, label, { min = 0, max }) {
    const id = `${this.id}-${field}`;
    const input = h("input", { id, type: "number", min: String(min), max: String(max), step: "1", inputMode: "numeric" });
    input.value = this.values[field] ?? "";
    input.addEventListener("input", () => this.set(field, input.value === "" ? null : Number(input.value)));
    return h("div", { class: "pkq-field pkf-number" }, h("label", { for: id, text: label }), input);
  }

  kindAndText() {
    const { kinds, longest } = this.state.words;
    const kind = h("select", { id: `${this.id}-kind`, onchange: () => this.set("kind", kind.value || null) },
      h("option", { value: "" }, "prefer not to say"),
      Object.entries(kinds).map(([value, text]) => h("option", { value }, text)));
    kind.value = this.values.kind || "";
    const text = h("textarea", { id: `${this.id}-text`, rows: "4", maxLength: longest, "aria-describedby": `${this.id}-hint`, spellcheck: true });
    text.value = this.values.text || "";
    text.addEventListener("input", () => this.set("text", text.value || null));
    return [
      h("div", { class: "pkq-field" }, h("label", { for: kind.id, text: "Kind of comment" }), kind),
      h("div", { class: "pkq-field pkq-long" }, h("label", { for: text.id, text: "In your words" }), text,
        h("span", { id: `${this.id}-hint`, class: "pkq-soft", text: "Only the working group’s analysts read this text. Please name no person and no organization." }))];
  }

  set(field, value) {
    if ((this.values[field] ?? null) === value) return;
    if (value === null) delete this.values[field];
    else this.values[field] = value;
    this.state.keep(this.about.element, { values: this.values, replaces: this.replaces });
    this.status.textContent = "";
  }

  // --- what is done -------------------------------------------------------------------

  save() {
    this.alert.replaceChildren();
    const { element, edition } = this.about;
    this.status.textContent = "Saving …";
    this.asked = this.state.tell("save", {
      comment: { ...this.values, element, role: this.state.role }, edition, replaces: this.replaces });
    clearTimeout(this.late);
    this.late = setTimeout(() => {
      this.status.textContent = "Not saved yet: Python does not answer. The comment waits in this tab; reload the page and save again.";
    }, FEEDBACK_LATE_MS);
  }

  clear() {
    this.state.forget(this.about.element);
    this.draw();
    this.focus();
  }

  edit(comment) {
    const values = Object.fromEntries(this.state.words.fields.map((field) => [field, comment[field]]).filter(([, value]) => value !== null && value !== undefined));
    this.state.keep(this.about.element, { values, replaces: comment.id });
    this.draw();
    this.focus();
  }

  focus() {
    this.node.querySelector("input:checked, input[type=number]")?.focus();
  }

  showProblems({ problems }) {
    this.status.textContent = "";
    fill(this.alert, h("p", { text: "This was not saved:" }),
      h("ul", {}, problems.map((one) => h("li", { text: one }))));
  }

  drawList() {
    if (!this.withList || !this.isDrawn) return;
    const said = this.state.on(this.about.element);
    const hadFocus = this.list.contains(document.activeElement);
    fill(this.list, said.length ? [
      h("h4", { text: said.length === 1 ? "Your comment on this" : `Your ${said.length} comments on this` }),
      h("ul", { class: "pkq-list" }, said.map((one) => commentItem(this.state, one, this.about.name, () => this.edit(one))))] : null);
    if (hadFocus) (this.list.querySelector("button") || this.node.querySelector(".pkq-primary")).focus();
  }
}

/* A comment that is stored, with the ways to change it. */
function commentItem(state, comment, name, edit) {
  const line = commentLine(comment, state.words);
  const withdraw = () => state.tell("withdraw", { id: comment.id });
  return h("li", { class: "pkf-comment", "data-id": comment.id },
    line ? h("p", { text: line }) : null,
    comment.text ? h("p", { class: "pkf-text", text: comment.text }) : null,
    h("p", { class: "pkq-soft" }, `${comment.round}, PKIMM ${comment.edition} `,
      button("Change", edit, { class: "pkq-link", "aria-label": `Change the comment on ${name}` }), " ",
      button("Withdraw", withdraw, { class: "pkq-link", "aria-label": `Withdraw the comment on ${name}` })));
}
