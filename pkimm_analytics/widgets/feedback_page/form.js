/* The feedback form of its own: who answers, what about, the comment, and the file to hand in. */

class FeedbackForm {
  constructor(model, el) {
    this.model = model;
    this.prefix = `pkf${Math.random().toString(36).slice(2, 8)}`;
    this.root = h("div", { class: "pkq pkf-form" }, h("p", { text: "Waiting for Python …" }));
    el.append(this.root);
    this.state = new FeedbackState({ prefix: this.prefix, send: (message) => this.send(message) });
    this.heard = (message) => this.receive(message);
    model.on("msg:custom", this.heard);
    this.wake = (event) => this.onKey(event);
    this.root.addEventListener("keydown", this.wake);
    this.send({ type: "hello" });
  }

  close() {
    this.model.off("msg:custom", this.heard);
  }

  send(message) {
    try {
      this.model.send({ client: this.prefix, ...message });
    } catch {
      // the comment stays in the tab, and the panel says that it is not saved
    }
  }

  receive(message) {
    if (message.client !== this.prefix) return;
    if (message.type === "opened") {
      this.form = message;
      this.state.receive(message.feedback);
      const focused = this.root.contains(document.activeElement) ? document.activeElement.id : null;
      this.draw();
      if (focused) document.getElementById(focused)?.focus();
    } else if (message.type === "feedback") {
      this.state.receive(message);
      if (message.file) saveFile(message.file.name, "application/json", message.file.content);
      this.answered(message);
      this.drawAll();
    }
  }

  /* JupyterLab has keys of its own, such as d d, which would delete the cell. */
  onKey(event) {
    if (!(event.shiftKey && event.key === "Enter")) event.stopPropagation();
  }

  // --- drawing ------------------------------------------------------------------------

  draw() {
    const { editions, edition } = this.form;
    this.element ||= "model";
    const editionBox = this.select("edition", "Edition of the model", editions.map((one) => [one.digest, one.name]), edition,
      (value) => this.send({ type: "edition", edition: value }));
    const role = this.select("role", "Your role", [["", "prefer not to say"], ...Object.entries(this.state.words.roles)], this.state.role || "",
      (value) => this.state.chooseRole(value));
    this.partBox = h("div", { class: "pkq-bar" });
    this.about = h("div", { class: "pkf-about" });
    this.place = h("div", {});
    this.all = h("div", {});
    this.done = h("div", { role: "status" });
    fill(this.root,
      h("h2", { text: "You" }),
      h("div", { class: "pkq-bar" }, role, editionBox),
      h("p", { class: "pkq-soft", text: `Round ${this.state.round}. Comments carry a random number instead of a name; it is the same for all of yours.` }),
      h("h2", { text: "Your comment" }),
      this.partBox, this.about, this.place,
      h("h2", { text: "All your comments" }), this.all,
      h("div", { class: "pkf-handin" },
        h("h2", { text: "Hand in" }),
        h("p", { class: "pkq-text", text: "One file holds all your comments. Nobody sees them before you send it to the working group." }),
        button("Save the file to hand in", () => this.ask("hand-in"), { class: "pkq-primary" }),
        this.contact(), this.done));
    this.drawParts();
    this.drawPanel();
    this.drawAll();
    this.answered({ ...this.form.feedback, number: this.asked });
  }

  select(name, label, options, value, onchange) {
    const id = `${this.prefix}-${name}`;
    const control = h("select", { id, onchange: () => onchange(control.value) },
      options.map((one) => one.group
        ? h("optgroup", { label: one.group }, one.options.map(([v, text]) => h("option", { value: v }, text)))
        : h("option", { value: one[0] }, one[1])));
    control.value = value;
    return h("div", { class: "pkq-field" }, h("label", { for: id, text: label }), control);
  }

  drawParts() {
    const category = this.categoryOf(this.element);
    const groups = this.form.elements.map((module) => ({ group: module.name, options: module.categories.map((one) => [one.key, one.name]) }));
    const parts = this.select("part", "What is it about?", [...Object.entries(this.state.words.wholes), ...groups], category ? category.key : this.element,
      (value) => this.choose(value, "part"));
    const requirement = category && category.requirements.length
      ? this.select("requirement", "Which part of it?", [[category.key, "The category as a whole"], ...category.requirements.map((one) => [one.key, one.name])], this.element,
          (value) => this.choose(value, "requirement"))
      : null;
    fill(this.partBox, parts, requirement);
  }

  categories() {
    return this.form.elements.flatMap((module) => module.categories);
  }

  categoryOf(element) {
    return this.categories().find((one) => element === one.key || element.startsWith(`${one.key}.`)) || null;
  }

  find(element) {
    for (const one of this.categories()) {
      if (one.key === element) return one;
      const found = one.requirements.find((r) => r.key === element);
      if (found) return found;
    }
    return null;
  }

  nameOf(element) {
    return this.state.words.wholes[element] || this.find(element)?.name || element;
  }

  choose(element, from) {
    this.element = element;
    this.drawParts();
    this.drawPanel();
    this.root.querySelector(`#${this.prefix}-${from}`)?.focus();
  }

  drawPanel() {
    const found = this.find(this.element);
    if (!found && !(this.element in this.state.words.wholes)) {
      this.element = "model"; // the other edition has no such element
      this.drawParts();
    }
    const name = this.nameOf(this.element);
    fill(this.about, h("h3", { text: name }), found?.text ? h("p", { class: "pkq-text", text: found.text }) : null);
    this.panel = new FeedbackPanel(this.state, { element: this.element, name, weight: found?.weight, edition: this.form.edition }, { withList: false });
    fill(this.place, this.panel.node);
  }

  drawAll() {
    if (!this.all) return;
    const { comments } = this.state;
    const focused = this.all.contains(document.activeElement);
    if (!comments.length) fill(this.all, h("p", { class: "pkq-soft", text: "None yet." }));
    else fill(this.all, h("ul", { class: "pkq-list" }, [...comments].reverse().map((one) => {
      const name = this.nameOf(one.element);
      const item = commentItem(this.state, one, name, () => this.change(one));
      item.prepend(h("h3", { text: name }));
      return item;
    })));
    if (focused) (this.all.querySelector("button") || this.root.querySelector(`#${this.prefix}-part`)).focus();
  }

  change(comment) {
    if (!this.find(comment.element) && !(comment.element in this.state.words.wholes)) {
      fill(this.done, h("p", { text: `Choose edition ${comment.edition} first: the one shown has no such element.` }));
      return;
    }
    if (comment.element !== this.element) {
      this.element = comment.element;
      this.drawParts();
      this.drawPanel();
    }
    this.panel.edit(comment);
    this.about.scrollIntoView({ block: "nearest" });
  }

  // --- handing in ---------------------------------------------------------------------

  contact() {
    const input = (name, label, autocomplete) => {
      const id = `${this.prefix}-contact-${name}`;
      const control = h("input", { id, type: name === "email" ? "email" : "text", maxLength: 400, autocomplete });
      return [name, control, h("div", { class: "pkq-field" }, h("label", { for: id, text: label }), control)];
    };
    const fields = [input("name", "Name", "name"), input("email", "Mail address", "email"), input("organization", "Organization", "organization")];
    const keep = () => this.ask("contact", { contact: Object.fromEntries(fields.map(([name, control]) => [name, control.value])) });
    return h("details", { class: "pkf-fold" },
      h("summary", { text: "May the working group ask you back? (optional)" }),
      h("div", { class: "pkf" },
        h("p", { class: "pkq-text", text: "Your contact is kept apart from your comments: in a folder of its own on this computer, and never in the file that you hand in. Leave it empty to stay anonymous." }),
        h("div", { class: "pkq-bar" }, fields.map(([, , node]) => node)),
        button("Keep my contact", keep)));
  }

  ask(act, more = {}) {
    this.done.replaceChildren();
    this.asked = this.state.tell(act, more);
  }

  answered(message) {
    if (message.number !== this.asked) return;
    const said = message.problems || [message.file ? `Written: ${message.file.name}` : message.message];
    fill(this.done, said.filter(Boolean).map((text) => h("p", { class: message.problems ? "pkq-alert" : "pkf-status", text })));
  }
}

export default {
  render({ model, el }) {
    const form = new FeedbackForm(model, el);
    return () => form.close();
  },
};
