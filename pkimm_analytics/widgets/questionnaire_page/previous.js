/* The previous assessment and the consensus, shown beside a question. */

const withPrevious = (Base) => class extends Base {
  onPrevious(message) {
    this.previous = message;
    if (!message.found) {
      this.say("There is no earlier assessment.");
      this.problem = "There is no earlier assessment of this use case in the workspace. It is found by the names of the use case and the organization.";
      this.drawNotices();
    }
    this.renderMain();
  }

  previousOf(q) {
    const answer = this.previous.answers[q.target];
    if (answer && (answer.level || answer.state)) return answer;
    const figure = q.kind === "category" ? this.previous.categories[q.key] : null;
    return figure?.level ? { state: "rated", level: figure.level, score: figure.text } : null;
  }

  beforeLines(q, values) {
    const lines = [];
    if (this.previous?.found) {
      const old = this.previousOf(q);
      const said = !old ? "not answered" : old.level ? `level ${old.level} ${this.form.level_names[old.level - 1]}${old.score ? ` (${old.score})` : ""}` : STATES[old.state || "unanswered"].toLowerCase();
      const now = values.level && old?.level && values.level !== old.level ? (values.level > old.level ? " – higher now" : " – lower now") : "";
      lines.push(h("p", { class: "pkq-previous", text: `Before (${this.previous.date || "undated"}): ${said}${now}.${old?.notes ? ` Notes: ${old.notes}` : ""}` }));
    }
    const record = values.consensus;
    if (record) {
      const ratings = record.ratings.map((one) => `${one.assessor} ${one.level ?? "–"}`).join(", ");
      lines.push(h("p", { class: "pkq-previous", text: `Consensus of ${record.present}${record.date ? ` on ${record.date}` : ""}. Before: ${ratings}.` }));
    }
    return lines;
  }
};
