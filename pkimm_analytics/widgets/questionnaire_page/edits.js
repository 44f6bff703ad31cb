/* Values and edits: what is shown is what Python confirmed with what is on its way laid over it. */

const withEdits = (Base) => class extends Base {
  values(target) {
    let result = this.confirmed[target] || {};
    for (const one of this.pending)
      for (const edit of one.edits) if (edit.target === target) result = { ...result, ...edit.after };
    return result;
  }

  value(target, field) {
    return this.values(target)[field];
  }

  stateOf(target) {
    if (this.excludedBy(target)) return "not_applicable";
    return this.value(target, "state") || "unanswered";
  }

  /* The module or category that takes a question out of scope, if one does. */
  excludedBy(target) {
    const key = target.split(":").pop();
    const parts = key.split(".");
    const above = [parts[0], parts.slice(0, 2).join(".")].filter((one) => one !== target);
    return above.find((one) => this.value(one, "state") === "not_applicable") || null;
  }

  edit(edits, label) {
    if (this.status.locked) {
      this.say("The assessment is locked. Reopen it under Finish.");
      return;
    }
    const complete = edits
      .map(({ target, after }) => {
        const now = this.values(target);
        const changed = Object.keys(after).filter((field) => !same(now[field], after[field]));
        return {
          target,
          before: Object.fromEntries(changed.map((field) => [field, now[field] ?? null]).filter(([, value]) => value !== null)),
          after: Object.fromEntries(changed.map((field) => [field, after[field]])),
        };
      })
      .filter((edit) => Object.keys(edit.after).length);
    if (!complete.length) return;
    this.push(complete, label);
    complete.forEach(({ target }) => this.redraw(target));
    this.drawProgress();
  }

  push(edits, label) {
    const seq = `${this.client}.${++this.seq}`;
    this.pending.push({ seq, edits, label });
    this.keep();
    this.send({ type: "edit", seq, edits, label });
    this.showSaving();
  }

  onSaved(message) {
    const merge = (old, fresh) => ({ ...old, ...fresh });
    const before = this.pending.length;
    const settled = message.client === this.client ? this.settle(message.seq) : [];
    for (const [name, part] of Object.entries(message.standing))
      this.standing[name] = ["modules", "categories", "extensions"].includes(name) ? merge(this.standing[name], part) : part;
    const wasLocked = Boolean(this.status.locked);
    this.status = message;
    Object.assign(this.confirmed, message.changed);
    this.keep();
    this.takeReport(message);
    if (Boolean(message.locked) !== wasLocked) this.drawFrame();
    else {
      new Set([...settled, ...Object.keys(message.changed)]).forEach((target) => this.redraw(target));
      if (Object.keys(message.standing).length) this.drawStanding();
      this.drawProgress();
    }
    if (before !== this.pending.length) this.channel?.postMessage("saved");
    this.showSaving();
  }

  /* Python has dealt with an edit, stored or refused: what is confirmed shows again. */
  settle(seq) {
    const done = this.pending.filter((one) => one.seq === seq);
    this.pending = this.pending.filter((one) => one.seq !== seq);
    return done.flatMap((one) => one.edits.map((edit) => edit.target));
  }

  takeReport(message) {
    for (const conflict of message.conflicts || []) {
      this.conflicts = this.conflicts.filter((one) => one.target !== conflict.target);
      this.conflicts.push(conflict);
    }
    if (message.refused?.length) this.problem = message.refused.map((one) => `${this.labelOfPlace(one.where)}: ${one.message}`).join(" ");
    else if (message.seq) this.problem = null;
    if (message.elsewhere?.length) this.elsewhere = message.elsewhere.length;
    if (message.undo !== undefined) this.status = { ...this.status, ...message };
    this.drawNotices();
  }

  onFailed(message) {
    if (!this.isOpen()) {
      fill(this.body, h("p", { class: "pkq-alert", role: "alert", text: message.message }));
      return;
    }
    if (["report", "contribute", "choices"].includes(message.of)) return this.onHandoverFailed(message);
    this.problem = message.message;
    this.drawNotices();
    this.showSaving(true);
  }

  label(target) {
    const names = { assessment: "Assurance and extensions", use_case: "Use case", organization: "Organization", assessor: "Assessor", period: "Period", environment: "Environment" };
    const question = this.questions.get(target);
    if (question) return `${question.label} ${question.title}`;
    const element = this.names.get(target);
    return element ? `${element.label} ${element.name}` : names[target] || target;
  }

  /* A place is a target, or a field of one. */
  labelOfPlace(where) {
    const isTarget = this.questions.has(where) || this.names.has(where);
    return this.label(isTarget ? where : where.replace(/\.[^.]*$/, ""));
  }

  showSaving(failed = false) {
    if (!this.saving) return;
    clearTimeout(this.lateTimer);
    const n = this.pending.length;
    let text = "All answers saved";
    let state = "saved";
    if (n && (failed || this.isLate)) {
      state = "unsaved";
      text = `Not saved: ${n} ${n === 1 ? "change waits" : "changes wait"} in this tab. ${this.inPage ? "Reload the page." : "Run the cell again."}`;
    } else if (n) {
      state = "saving";
      text = "Saving …";
    }
    if (!n) this.isLate = false;
    else
      this.lateTimer = setTimeout(() => {
        if (!this.isLate) this.say("The last answers are not saved.");
        this.isLate = true;
        this.showSaving(true);
      }, LATE_MS);
    if (this.saving.textContent !== text) this.saving.textContent = text;
    this.saving.dataset.state = state;
    this.saving.title = this.status.file ? `${this.status.file}, revision ${this.status.revision}` : "";
  }

  say(text) {
    this.live.textContent = text;
  }
};
