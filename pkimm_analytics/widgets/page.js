// A page: shows the HTML that Python wrote and tells Python what the user did. Nothing is
// computed here. Elements say what they report: data-action names it, data-value or
// data-from (a selector) gives its value, data-drop takes files, data-filter names the
// table that a field narrows. What is shown arrives as a message and is in no state that
// could be saved with a notebook.

const LARGEST_FILE = 20_000_000;
const PATIENCE = 20_000; // milliseconds until we say that no answer came
const LATE = "No answer yet. If this stays, reload the page.";
const inVoila = () => Boolean(document.body.dataset.voila);

function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// The part of the address behind #. In JupyterLab the address is the laboratory's own.
const address = {
  get: () => (inVoila() ? window.location.hash.slice(1) : ""),
  set: (text) => {
    if (inVoila()) window.history.replaceState(null, "", `#${text}`);
  },
};

// Change what is there into what Python wrote, node by node, so that the focus, what is
// open and what is being typed stay where they are.
function patch(present, wanted, unsent) {
  const alike = present.nodeType === wanted.nodeType && present.nodeName === wanted.nodeName;
  if (!alike || (present.id ?? "") !== (wanted.id ?? "")) {
    present.replaceWith(wanted);
    return;
  }
  if (present.nodeType !== Node.ELEMENT_NODE) {
    if (present.nodeValue !== wanted.nodeValue) present.nodeValue = wanted.nodeValue;
    return;
  }
  const isOpen = present.nodeName === "DETAILS" && present.id ? present.open : null;
  for (const { name } of [...present.attributes]) if (!wanted.hasAttribute(name)) present.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (present.getAttribute(name) !== value) present.setAttribute(name, value);
  if (isOpen !== null) present.open = isOpen;
  if (present.nodeName === "INPUT") {
    present.checked = wanted.hasAttribute("checked");
    if (present.type !== "file" && !unsent.has(present)) present.value = wanted.getAttribute("value") ?? "";
  }
  if (present.nodeName === "TEXTAREA") {
    if (!unsent.has(present)) present.value = wanted.textContent;
    return;
  }
  const [have, want] = [[...present.childNodes], [...wanted.childNodes]];
  for (const [at, node] of want.entries()) {
    if (have[at]) patch(have[at], node, unsent);
    else present.append(node);
  }
  for (const node of have.slice(want.length)) node.remove();
  if (present.nodeName === "SELECT" && !unsent.has(present)) {
    const chosen = [...present.options].findIndex((option) => option.hasAttribute("selected"));
    present.selectedIndex = Math.max(chosen, 0);
  }
}

function narrow(field) {
  const rows = document.getElementById(field.dataset.filter)?.tBodies[0]?.rows ?? [];
  const wanted = field.value.toLowerCase();
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
}

// Sort the rows of a table by a column: by its values where it has some, else by its texts.
function sort(button) {
  const [head, body] = [button.closest("th"), button.closest("table").tBodies[0]];
  const at = Number(button.dataset.sort);
  const isUp = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  const key = ({ cells }) => cells[at].dataset.value ?? cells[at].textContent.replace("−", "-");
  const compare = (one, other) => key(one).localeCompare(key(other), undefined, { numeric: true });
  const number = (row) => Number.parseFloat(key(row).replace(",", "."));
  const order = (a, b) => {
    const [x, y] = [number(a), number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? compare(a, b) : x - y;
  };
  const rows = [...body.rows].sort((a, b) => (isUp ? order(a, b) : order(b, a)));
  body.append(...rows);
}

function render({ model, el }) {
  el.classList.add("pk-view", "pk-sheet");
  const waiting = new Map();
  const unsent = new Set(); // fields that hold what Python has not been told
  let number = 0;

  const say = (text) => {
    const place = el.querySelector("[data-status]");
    if (place) place.textContent = text;
  };

  const show = (html) => {
    const wanted = document.createElement("div");
    wanted.innerHTML = html;
    const [have, want] = [[...el.childNodes], [...wanted.childNodes]];
    for (const [at, node] of want.entries()) {
      if (have[at]) patch(have[at], node, unsent);
      else el.append(node);
    }
    for (const node of have.slice(want.length)) node.remove();
  };

  const act = (action, value, content, key) =>
    new Promise((answered) => {
      const id = (number += 1);
      const late = setTimeout(() => say(LATE), PATIENCE);
      waiting.set(id, () => {
        clearTimeout(late);
        waiting.delete(id);
        if (!waiting.size) el.removeAttribute("aria-busy");
        answered();
      });
      el.setAttribute("aria-busy", "true");
      model.send({ action, value: String(value ?? ""), key: key ?? "", id }, undefined, content ? [content] : []);
    });

  const take = async (files) => {
    const all = [...files];
    for (const [place, file] of all.entries()) {
      say(all.length > 1 ? `Reading ${place + 1} of ${all.length} …` : "Reading …");
      if (file.size > LARGEST_FILE) await act("too_large", file.name);
      else await act("upload", file.name, await file.arrayBuffer().catch(() => null));
    }
    await act("uploaded", all.length);
  };

  // The value of a control: of another field, of a whole form, or its own.
  const value = (target) => {
    const form = target.closest("form");
    if (target.dataset.form !== undefined && form) return new URLSearchParams(new FormData(form)).toString();
    const from = target.dataset.from ? el.querySelector(target.dataset.from) : null;
    if (from) return from.value;
    if (target.type === "checkbox") return target.checked ? "yes" : "no";
    return target.dataset.value ?? target.value;
  };

  el.addEventListener("submit", (event) => event.preventDefault());
  el.addEventListener("click", (event) => {
    const target = event.target.closest("button, a, input, select, textarea, summary, label");
    if (!target) {
      const picked = window.getSelection()?.toString();
      if (!picked) event.target.closest(".pk-card")?.querySelector(":scope > .pk-links > .pk-link")?.click();
      return;
    }
    if (target.dataset.sort) sort(target);
    if (target.tagName === "BUTTON" && target.dataset.action) {
      if (target.dataset.busy) say(target.dataset.busy);
      act(target.dataset.action, value(target), null, target.dataset.key);
    }
  });
  // Digits rate the question that has the focus, unless it is in a field.
  el.addEventListener("keydown", (event) => {
    const place = event.target.closest(".pk-question");
    const types = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
    if (!place || types || event.ctrlKey || event.altKey || event.metaKey) return;
    const wanted = place.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
    if (!wanted || wanted.disabled) return;
    event.preventDefault();
    wanted.focus();
    wanted.click();
  });
  el.addEventListener("input", ({ target }) => {
    if (target.dataset.filter) narrow(target);
    else unsent.add(target);
  });
  el.addEventListener("change", (event) => {
    const target = event.target.closest("[data-action]");
    if (!target || target.tagName === "BUTTON") return;
    unsent.delete(target);
    if (target.type === "file") take(target.files).then(() => (target.value = ""));
    else act(target.dataset.action, value(target), null, target.dataset.key);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    el.addEventListener(kind, (event) => {
      const zone = event.target.closest("[data-drop]");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("pk-over", kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files);
    });
  }

  model.on("msg:custom", (message, buffers) => {
    if (message.html !== undefined) show(message.html);
    if (message.frame) window.pkFrame?.(message.frame);
    if (message.address !== undefined) address.set(message.address);
    if (message.title && inVoila()) document.title = message.title;
    if (message.save) save(message.save, message.type, buffers[0]);
    if (message.focus) document.getElementById(message.focus)?.focus();
    if (message.go && inVoila()) window.location.assign(message.go);
    if (message.done) waiting.get(message.done)?.();
  });
  const moved = () => {
    const language = inVoila() && window.localStorage.getItem("pkimm-language");
    act("address", address.get() + (language ? `&language=${language}` : ""));
  };
  window.addEventListener("hashchange", moved);
  show(`<p class="pk-soft" role="status">${document.documentElement.lang === "de" ? "Wird berechnet …" : "Computing …"}</p>`);
  moved();
  return () => window.removeEventListener("hashchange", moved);
}

export default { render };
