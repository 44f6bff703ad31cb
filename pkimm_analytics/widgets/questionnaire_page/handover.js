/* Handing over: a report to read, a contribution to look at and to save. Python makes both. */

const KIND_NAMES = { self: "Self-assessment", assessment: "Assessment, for management", detailed: "Detailed, for those who run the PKI", attestation: "Attestation, signed" };
const FORMAT_NAMES = { html: "HTML", pdf: "PDF", docx: "Word (DOCX)", md: "Markdown" };

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/* A link that saves a file; the browser forgets the content after a minute. */
function fileLink({ name, media_type: type, content }) {
  const url = URL.createObjectURL(new Blob([bytesOf(content)], { type }));
  setTimeout(() => URL.revokeObjectURL(url), 60000);
  return h("a", { href: url, download: name, text: name });
}

const withHandover = (Base) => class extends Base {
  drawHandover() {
    this.reportBox = h("section", { class: "pkq-hand", "aria-label": "Report" });
    this.contributeBox = h("section", { class: "pkq-hand", "aria-label": "Contribution" });
    this.drawContribute();
    this.send({ type: "choices" });
    const file = `assessments/${this.status.file}`;
    return [
      h("h3", { text: "Report" }), this.reportBox,
      h("h3", { text: "Contribute anonymously" }), this.contributeBox,
      h("h3", { text: "In a terminal" }),
      h("p", { class: "pkq-text", text: "The file lies in the folder assessments of your workspace. These commands take it from here:" }),
      h("ul", { class: "pkq-commands" },
        [`pkimm plan ${file} --target 4`, `pkimm report ${file} --kind ${this.mode === "full" ? "detailed" : "self"} --format pdf --out report.pdf`, `pkimm contribute ${file} --preview`].map((text) => h("li", {}, h("code", { text })))),
    ];
  }

  choice(label, options, chosen) {
    const select = h("select", { id: `${this.prefix}-choose-${label.toLowerCase()}` },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
    return { select, node: h("span", { class: "pkq-field" }, h("label", { for: select.id, text: label }), select) };
  }

  onChoices(message) {
    if (this.view !== "finish") return;
    const kind = this.choice("Kind", message.kinds.map((one) => [one, KIND_NAMES[one] || one]), message.kind);
    const format = this.choice("Format", message.formats.map((one) => [one, FORMAT_NAMES[one] || one]), "html");
    const language = this.choice("Language", message.languages, "en");
    const before = h("input", { type: "checkbox", checked: true });
    const compare = h("label", { class: "pkq-check" }, before, ` Compare with the assessment of ${message.earlier}`);
    const among = h("input", { type: "checkbox", checked: true });
    const peers = h("label", { class: "pkq-check" }, among, ` Compare with the peers of release ${message.release}; nothing is sent`);
    this.reportDone = h("div", { "aria-live": "polite" });
    const offer = () => {
      const compares = message.comparing.includes(kind.select.value);
      compare.hidden = !message.earlier || !compares;
      peers.hidden = !message.release || !compares;
    };
    kind.select.addEventListener("change", offer);
    offer();
    const build = button("Build the report", () => {
      fill(this.reportDone, h("p", { text: "Building …" }));
      this.send({ type: "report", kind: kind.select.value, format: format.select.value, language: language.select.value, compares: before.checked && !compare.hidden, peers: among.checked && !peers.hidden });
    });
    fill(this.reportBox,
      h("div", { class: "pkq-bar" }, kind.node, format.node, language.node, build),
      compare, peers, this.reportDone);
  }

  onReported(message) {
    const links = message.files.map(fileLink);
    fill(this.reportDone,
      h("p", {}, "Written: ", links.flatMap((link, i) => [i ? ", " : null, link])),
      message.said ? h("p", { text: message.said }) : null);
    links.forEach((link) => link.click());
  }

  // --- contribution --------------------------------------------------------------------

  drawContribute() {
    const fields = [["organization", "Organization"], ["parent", "Ultimate parent"], ["assessor", "External assessor"]].map(([name, label]) => {
      const input = h("input", { type: "text", id: `${this.prefix}-id-${name}`, name, maxLength: 100, autocomplete: "off" });
      return { input, node: h("div", { class: "pkq-field" }, h("label", { for: input.id, text: label }), input) };
    });
    this.contributionIds = () => Object.fromEntries(fields.map(({ input }) => [input.name, input.value]));
    this.contributeDone = h("div", { "aria-live": "polite" });
    fill(this.contributeBox,
      h("p", { class: "pkq-text", text: "Levels and a coarse profile, no name, no date, no text. Nothing is sent: you look at every byte, save a file, and hand it over yourself." }),
      h("details", { class: "pkq-details" }, h("summary", { text: "Register ids, such as the LEI (optional)" }),
        h("p", { class: "pkq-text", text: "They become pseudonyms on this computer. Without them random ids are used, never the names." }),
        fields.map((one) => one.node)),
      button("Show exactly what would leave", () => {
        fill(this.contributeDone, h("p", { text: "Preparing …" }));
        this.send({ type: "contribute", ids: this.contributionIds() });
      }),
      this.contributeDone);
  }

  onContribution(message) {
    const rows = (head, list) => h("table", { class: "pkq-leaves" },
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, list.map(([name, value, meaning]) => h("tr", {}, h("th", { scope: "row", text: name }), h("td", {}, h("code", { text: value })), h("td", { text: meaning })))));
    const part = (title, ...inside) => h("details", { class: "pkq-details" }, h("summary", { text: title }), ...inside);
    const page = URL.createObjectURL(new Blob([message.page], { type: "text/html" }));
    fill(this.contributeDone,
      h("h4", { text: "This would leave, and nothing else" }),
      message.changed ? h("p", { class: "pkq-alert", role: "alert", text: "The assessment changed since you looked. This is what would leave now." }) : null,
      h("p", { text: `Stays with you: ${[...message.stays, "the key", "the receipt"].join(", ")}.` }),
      message.remarks.length ? h("ul", {}, message.remarks.map((text) => h("li", { text }))) : null,
      part("About the organization and the assessment", h("div", { class: "pkq-wide", tabIndex: 0, role: "region", "aria-label": "About the organization and the assessment" }, rows(["Field", "Value", "Meaning"], message.about))),
      part(`Answers (${message.answers.length})`, h("div", { class: "pkq-wide", tabIndex: 0, role: "region", "aria-label": "Answers" }, rows(["Id", "Answer", "Element"], message.answers))),
      part("The document, byte for byte (JSON)", h("pre", { class: "pkq-bytes", tabIndex: 0, role: "region", "aria-label": "The document", text: message.document })),
      h("p", {}, h("a", { href: page, target: "_blank", rel: "noopener", text: "Open the preview as a page" }), " · ",
        h("a", { href: page, download: "what-would-leave.html", text: "save it" })),
      button("Save the contribution file", () => this.send({ type: "contribute", ids: this.contributionIds(), digest: message.digest }), { class: "pkq-primary" }));
    for (const one of this.contributeDone.querySelectorAll("details")) one.open = one === this.contributeDone.querySelector("details");
  }

  onContributed(message) {
    const [link] = message.files.map(fileLink);
    fill(this.contributeDone,
      h("p", {}, "Written: ", link),
      h("p", { text: `The receipt lies in ${message.receipt}. Keep it: it takes the contribution back.` }),
      h("p", { text: "Hand the file to whoever keeps the collection; pkimm collection add takes it there." }));
    link.click();
  }

  /* What could not be handed over is said where it was asked for. */
  onHandoverFailed(message) {
    const place = message.of === "report" ? this.reportDone : this.contributeDone;
    if (!place) return;
    fill(place, h("div", { class: "pkq-alert", role: "alert" }, h("p", { text: message.summary }),
      message.problems.length ? h("ul", {}, message.problems.map((one) => h("li", { text: `${one.where}: ${one.message}` }))) : null));
  }
};
