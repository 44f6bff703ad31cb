/* Fields: texts that are sent when typing pauses, and choices. */

const withFields = (Base) => class extends Base {
  /* A text that is sent when typing pauses, and whenever the field is left. */
  textField(target, field, label, { long = false, hint = "", type = "text", required = false } = {}) {
    const id = `${this.prefix}-${target}-${field}`.replace(/[^a-zA-Z0-9-]/g, "-");
    const control = long ? h("textarea", { id, rows: "3", maxLength: 20000 }) : h("input", { id, type, maxLength: type === "text" ? 20000 : null });
    if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
    if (required) control.setAttribute("aria-required", "true");
    const send = () => {
      clearTimeout(this.timers.get(id)?.timer);
      this.timers.delete(id);
      const value = type === "date" ? control.value || null : control.value;
      this.edit([{ target, after: { [field]: value } }], `${label.toLowerCase()} of ${this.label(target)}`);
    };
    control.addEventListener("input", () => {
      clearTimeout(this.timers.get(id)?.timer);
      // A date passes through other dates while it is typed.
      this.timers.set(id, { timer: setTimeout(send, type === "date" ? 3 * TYPING_MS : TYPING_MS), send });
    });
    control.addEventListener(type === "date" ? "blur" : "change", send);
    const update = () => {
      const value = this.value(target, field) ?? "";
      if (document.activeElement !== control && !this.timers.has(id) && control.value !== value) control.value = value;
      control.disabled = Boolean(this.status.locked);
    };
    update();
    const node = h("div", { class: `pkq-field${long ? " pkq-long" : ""}` }, h("label", { for: id, text: label }), control, hint ? h("span", { id: `${id}-hint`, class: "pkq-soft", text: hint }) : null);
    return { node, control, update };
  }

  flushTexts() {
    for (const { send } of [...this.timers.values()]) send();
  }

  choiceField(target, field, label, options) {
    const id = `${this.prefix}-${target}-${field}`;
    const control = h("select", { id, onchange: () => this.edit([{ target, after: { [field]: control.value || null } }], label.toLowerCase()) },
      h("option", { value: "" }, "not answered"), options.map(([value, text]) => h("option", { value }, text)));
    const update = () => {
      control.value = this.value(target, field) ?? "";
      control.disabled = Boolean(this.status.locked);
    };
    update();
    return { node: h("div", { class: "pkq-field" }, h("label", { for: id, text: label }), control), control, update };
  }

  fieldset(target, legend, fields, note = "") {
    this.fields.set(target, [...(this.fields.get(target) || []), ...fields.map((one) => one.update)]);
    return h("fieldset", { "data-target": target, tabIndex: -1 }, h("legend", { text: legend }), note ? h("p", { class: "pkq-soft", text: note }) : null, fields.map((one) => one.node));
  }
};
