/*
Feedback in the browser: what Python told, what is being written, and who shows it.

A comment that is being written is kept in the tab's session storage until Python says
that it is stored, so that a reload loses nothing.
*/

const FEEDBACK_LATE_MS = 4000; // without an answer by then, the panel says that it is not saved

class FeedbackState {
  constructor({ prefix, send }) {
    this.prefix = prefix;
    this.send = send;
    this.words = null;
    this.comments = [];
    this.role = null;
    this.round = "";
    this.panels = new Set();
    this.number = 0;
    this.drafts = this.readDrafts();
  }

  tell(act, more = {}) {
    this.number += 1;
    this.send({ type: "feedback", do: act, number: this.number, ...more });
    return this.number;
  }

  /* Python's answer: the comments as they are stored, and what became of the question. */
  receive(message) {
    if (message.words) this.words = message.words;
    if (message.comments) this.comments = message.comments;
    if (message.role !== undefined && !this.roleChosen) this.role = message.role;
    if (message.round) this.round = message.round;
    if (message.saved && this.drafts[message.saved]) this.forget(message.saved);
    for (const panel of this.panels) {
      if (panel.node.isConnected || panel.isFresh) panel.receive(message);
      else this.panels.delete(panel);
    }
  }

  chooseRole(role) {
    this.role = role || null;
    this.roleChosen = true;
  }

  on(element) {
    return this.comments.filter((one) => one.element === element);
  }

  // --- what is being written --------------------------------------------------------

  draft(element) {
    return this.drafts[element] || { values: {}, replaces: null };
  }

  keep(element, draft) {
    this.drafts[element] = draft;
    this.writeDrafts();
  }

  forget(element) {
    delete this.drafts[element];
    this.writeDrafts();
  }

  readDrafts() {
    try {
      return JSON.parse(sessionStorage.getItem("pkimm-feedback-drafts") || "{}") || {};
    } catch {
      return {};
    }
  }

  writeDrafts() {
    try {
      sessionStorage.setItem("pkimm-feedback-drafts", JSON.stringify(this.drafts));
    } catch {
      // storage may be switched off or full; the draft then lives as long as the page
    }
  }
}

/* What a comment says, in one line. */
function commentLine(comment, words) {
  const parts = [];
  for (const [field, scale] of Object.entries(words.scales))
    if (comment[field]) parts.push(`${scale.name} ${comment[field]} (${scale.words[comment[field] - 1]})`);
  if (comment.weight) parts.push(`weight ${words.weights[comment.weight]}`);
  if (comment.suggested_weight) parts.push(`would choose ${comment.suggested_weight}`);
  if (comment.minutes !== null && comment.minutes !== undefined) parts.push(`${comment.minutes} minutes`);
  if (comment.kind) parts.push(words.kinds[comment.kind]);
  return parts.join(", ");
}

function saveFile(name, type, content) {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
