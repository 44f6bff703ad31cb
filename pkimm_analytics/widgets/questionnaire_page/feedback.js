/*
Feedback on what is asked: a folded panel at each question and category, and one on the
whole at the end. Remarks lie in a folder of their own and never in the assessment.
*/

const withFeedback = (Base) => class extends Base {
  constructor(model, el) {
    super(model, el);
    this.feedback = new FeedbackState({ prefix: this.prefix, send: (message) => this.send(message) });
    this.unfolded = new Set(); // elements whose panel is open
  }

  receive(message) {
    if (message.type !== "feedback") return super.receive(message);
    if (message.client !== this.client) return undefined;
    if (message.file) saveFile(message.file.name, "application/json", message.file.content);
    return this.feedback.receive(message);
  }

  onOpened(message, mine) {
    super.onOpened(message, mine);
    if (!this.feedback.words) this.feedback.tell("list");
  }

  card(q) {
    const node = super.card(q);
    if (q.kind === "relevance") return node; // of an extension, not of the model
    const what = q.kind === "category" ? "category" : "question";
    node.append(this.feedbackFold(q.key, `Feedback on this ${what}`, `${q.label} ${q.title}`, q.weight));
    return node;
  }

  section(page, questions) {
    const node = super.section(page, questions);
    const isCategory = this.mode === "full" && this.names.has(page.id);
    if (isCategory) node.querySelector(".pkq-figure").after(
      this.feedbackFold(page.id, "Feedback on this category", `${page.label} ${page.title}`, null));
    return node;
  }

  renderFinish() {
    super.renderFinish();
    const count = h("p", { class: "pkq-text" }, "What you think of the model and of the assessment, for the working group. Remarks lie in the folder feedback of your workspace, apart from your answers, and nobody sees them until you hand the file in.");
    this.main.append(
      h("h3", { text: "Feedback" }), count,
      this.feedbackFold("process", "Feedback on the process of this assessment", "the process", null),
      this.feedbackFold("model", "Feedback on the model as a whole", "the model", null),
      button("Save the file to hand in", () => this.feedback.tell("hand-in"), { "data-feedback": "hand-in" }));
  }

  /* A panel is built when it is first opened. */
  feedbackFold(element, title, name, weight) {
    const summary = h("summary", { text: title, "aria-keyshortcuts": "c" });
    const fold = h("details", { class: "pkf-fold", "data-element": element }, summary);
    const open = () => {
      if (fold.querySelector(".pkf")) return;
      fold.append(new FeedbackPanel(this.feedback, { element, name, weight, edition: null }).node);
    };
    fold.unfold = () => {
      fold.open = true;
      open();
    };
    fold.addEventListener("toggle", () => {
      if (fold.open) this.unfolded.add(element);
      else this.unfolded.delete(element);
      if (fold.open) open();
    });
    if (this.unfolded.has(element)) fold.unfold();
    return fold;
  }

  onKey(event) {
    const panel = event.target.closest?.(".pkf, .pkf-fold > summary");
    if (!panel || !this.root.contains(panel)) return super.onKey(event);
    const isText = event.target.matches("textarea, input:not([type=radio])");
    if (!isText) event.stopPropagation(); // no key of the questionnaire or of JupyterLab
    if (event.key === "Escape") this.foldFeedback(panel.closest(".pkf-fold"));
    return undefined;
  }

  runKey(key) {
    const card = this.view === "questions" && this.cards.get(this.current);
    const fold = key === "c" && card && card.node.querySelector(".pkf-fold");
    if (!fold) return super.runKey(key);
    fold.unfold();
    (fold.querySelector(".pkf input:checked") || fold.querySelector("summary")).focus();
    fold.scrollIntoView({ block: "nearest" });
    return true;
  }

  foldFeedback(fold) {
    fold.open = false;
    const card = fold.closest(".pkq-q");
    if (card) this.focusCard(card.dataset.target);
    else fold.querySelector("summary").focus();
  }
};
