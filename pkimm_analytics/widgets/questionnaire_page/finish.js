/* Finish: what is missing, lock, export, print. */

const withFinish = (Base) => class extends Base {
  renderFinish() {
    this.checkBox = h("div", {}, h("p", { text: "Checking …" }));
    this.exportBox = h("div", { "aria-live": "polite" });
    const isLocked = Boolean(this.status.locked);
    const formats = [["json", "JSON (everything)"], ["xlsx", "Excel"], ["csv", "CSV"], ["yaml", "YAML of the web tool"], ["link", "Share link of the web tool"]];
    this.lockButton = isLocked
      ? button("Reopen for changes", () => this.send({ type: "reopen" }))
      : button("Lock", () => this.send({ type: "lock" }), { class: "pkq-primary" });
    fill(this.main, 
      h("h2", { text: "Finish" }),
      h("h3", { text: "What is missing" }), this.checkBox,
      h("h3", { text: "Lock" }),
      h("p", { class: "pkq-text", text: isLocked ? `Locked. Digest: ${this.status.locked.digest}` : "A locked assessment refuses changes and carries a digest of its content, so that a later change outside is noticed." }),
      this.lockButton,
      h("h3", { text: "Export" }),
      h("div", { class: "pkq-bar" }, formats.map(([format, text]) => button(text, () => this.send({ type: "export", format }), { "data-format": format }))),
      this.exportBox,
      this.drawHandover());
    this.send({ type: "check" });
  }

  onChecked(message) {
    if (this.view !== "finish") return;
    const required = message.findings.filter((one) => one.required).length;
    const n = message.findings.length;
    const intro = !n ? "Nothing is missing." : `${n} ${n === 1 ? "point" : "points"}${required ? `, ${required} of them before it can be locked` : ""}.`;
    this.checkBox.replaceChildren(
      h("p", { role: "status", text: intro }),
      h("ul", { class: "pkq-list pkq-findings" }, message.findings.map((one) =>
        h("li", {}, button(one.message, () => this.jumpToFinding(one.target), { class: "pkq-link", "data-goto": one.target }), one.required ? h("strong", { text: " required" }) : null))));
  }

  jumpToFinding(target) {
    if (this.questions.has(target) || !this.names.has(target)) return this.jump(target);
    this.show("scope");
    const row = this.main.querySelector(`[data-key="${CSS.escape(target)}"]`);
    if (row) row.hidden = false;
    row?.querySelector("select, input[type=text]")?.focus();
  }

  onExported(message) {
    const dropped = message.dropped.length ? h("div", {}, h("p", { text: "This format cannot hold:" }), h("ul", {}, message.dropped.map((text) => h("li", { text })))) : null;
    if (message.format === "link") {
      const link = new TextDecoder().decode(bytesOf(message.content));
      const area = h("textarea", { readOnly: true, rows: "4", "aria-label": "Share link", class: "pkq-share" });
      area.value = link;
      const copied = h("span", { role: "status" });
      const copy = button("Copy", async () => {
        area.select();
        try {
          await navigator.clipboard.writeText(link);
        } catch {
          document.execCommand("copy");
        }
        copied.textContent = " Copied.";
      });
      fill(this.exportBox, area, copy, copied, dropped);
      return;
    }
    const link = fileLink(message);
    fill(this.exportBox, h("p", {}, "Written: ", link), dropped);
    link.click();
  }

  // --- printing ----------------------------------------------------------------------

  /* On paper every question is there, not only the page on the screen. */
  renderAllForPrint() {
    if (!this.isOpen()) return;
    this.flushTexts();
    this.cards = new Map();
    const texts = (target) => ["notes", "evidence"].map((field) => [field, this.value(target, field)]).filter(([, value]) => value).map(([field, value]) => h("p", { class: "pkq-printed", text: `${field === "notes" ? "Notes" : "Evidence"}: ${value}` }));
    fill(this.main, ...this.pages.map((page) => {
      const section = this.section(page, page.questions);
      for (const q of page.questions) this.cards.get(q.target).node.append(...texts(q.target));
      return section;
    }));
  }
};
