/* Python: what is sent, what is heard, and when the page is left. */

class Messages {
  constructor(model, el) {
    this.model = model;
    this.prefix = `pkq${++instances}-${Math.random().toString(36).slice(2, 8)}`;
    this.client = this.prefix;
    this.inPage = Boolean(document.body.dataset.voila);
    this.seq = 0;
    this.pending = [];
    this.confirmed = {};
    this.conflicts = [];
    this.view = "start";
    this.filter = { text: "", state: "all" };
    this.timers = new Map();
    this.root = h("div", { class: "pkq" });
    el.append(this.root);
    this.live = h("div", { class: "pkq-unseen", role: "status", "aria-live": "polite" });
    this.body = h("div", { class: "pkq-whole" }, h("p", { class: "pkq-wait", text: "Waiting for Python …" }));
    this.root.append(this.live, this.body);
    this.listen();
    this.send({ type: "hello", id: this.idInAddress() });
    this.helloTimer = setTimeout(() => {
      if (this.view === "start" && !this.startMessage)
        fill(this.body, h("p", { class: "pkq-wait", text: "Python does not answer. Run the cell again, or reload the page." }));
    }, 15000);
  }

  // --- Python ------------------------------------------------------------------

  listen() {
    this.onMessage = (message) => this.receive(message);
    this.model.on("msg:custom", this.onMessage);
    this.onKeyBound = (event) => this.onKey(event);
    // Before JupyterLab hears it: its own keys, such as d d, would delete the cell.
    window.addEventListener("keydown", this.onKeyBound, true);
    this.onHide = () => this.flushTexts();
    this.onLeave = (event) => {
      this.flushTexts();
      if (this.pending.length) event.preventDefault();
    };
    this.onFocus = () => this.isOpen() && this.send({ type: "sync" });
    this.onPrint = () => this.renderAllForPrint();
    this.afterPrint = () => this.isOpen() && this.renderMain();
    window.addEventListener("pagehide", this.onHide);
    window.addEventListener("beforeunload", this.onLeave);
    window.addEventListener("focus", this.onFocus);
    window.addEventListener("beforeprint", this.onPrint);
    window.addEventListener("afterprint", this.afterPrint);
    this.poll = setInterval(() => {
      if (!this.isOpen() || document.visibilityState !== "visible") return;
      // What is late is sent again: applying an edit twice changes nothing.
      if (this.isLate) for (const one of this.pending) this.send({ type: "edit", ...one });
      else this.send({ type: "sync" });
    }, SYNC_MS);
  }

  close() {
    this.flushTexts();
    this.model.off("msg:custom", this.onMessage);
    window.removeEventListener("keydown", this.onKeyBound, true);
    window.removeEventListener("pagehide", this.onHide);
    window.removeEventListener("beforeunload", this.onLeave);
    window.removeEventListener("focus", this.onFocus);
    window.removeEventListener("beforeprint", this.onPrint);
    window.removeEventListener("afterprint", this.afterPrint);
    clearInterval(this.poll);
    clearTimeout(this.helloTimer);
    clearTimeout(this.lateTimer);
    this.channel?.close();
  }

  isOpen() {
    return Boolean(this.id);
  }

  send(message) {
    try {
      this.model.send({ client: this.client, ...message });
    } catch {
      this.showSaving(); // the edit stays pending and the page says so
    }
  }

  receive(message) {
    const mine = message.client === this.client;
    if (message.type === "saved") this.onSaved(message);
    else if (message.type === "opened" && (mine || message.id === this.id)) this.onOpened(message, mine);
    else if (!mine) return;
    else if (message.type === "start") this.onStart(message);
    else if (message.type === "failed") this.onFailed(message);
    else if (message.type === "checked") this.onChecked(message);
    else if (message.type === "exported") this.onExported(message);
    else if (message.type === "previous") this.onPrevious(message);
    else if (message.type === "merged") this.onMerged(message);
    else if (message.type === "choices") this.onChoices(message);
    else if (message.type === "reported") this.onReported(message);
    else if (message.type === "contribution") this.onContribution(message);
    else if (message.type === "contributed") this.onContributed(message);
  }

  idInAddress() {
    if (!this.inPage) return null;
    return new URLSearchParams(location.hash.slice(1)).get("assessment");
  }
}
