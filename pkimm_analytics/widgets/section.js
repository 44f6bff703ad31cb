// A part of a page: shows the HTML that Python wrote and tells Python what the user did.
// Nothing is computed here. Every action gets an answer, even if it is only "done".
// What is private arrives as a message and is in no state that could be saved.

const LARGEST_FILE = 8_000_000; // more would break the connection; official files are below 1 MB
const PATIENCE = 20_000; // milliseconds until we say that no answer came
const LATE = "No answer yet. If this stays, reload the page.";
const TYPING = 600; // milliseconds between two letters that belong together
const NARROW = 560; // pixels

function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A chart as a file, drawn by the plotly that drew the page.
async function picture(button) {
  const chart = document.querySelector(`${button.dataset.of} .js-plotly-plot`);
  if (!chart || !window.Plotly) return false;
  const [width, height] = [Math.max(chart.clientWidth, 360), chart.clientHeight];
  const format = button.dataset.picture;
  const address = await window.Plotly.toImage(chart, { format, width, height, scale: format === "png" ? 2 : 1 });
  const content = format === "svg" ? decodeURIComponent(address.slice(address.indexOf(",") + 1)) : await (await fetch(address)).blob();
  save(`${button.dataset.name}.${format}`, format === "svg" ? "image/svg+xml" : "image/png", content);
  return true;
}

// The part of the address behind #. In JupyterLab the address is the laboratory's own.
const address = {
  get: () => (document.body.dataset.voila ? window.location.hash.slice(1) : ""),
  set: (text) => {
    const { pathname, search } = window.location;
    if (document.body.dataset.voila) window.history.replaceState(null, "", text ? `#${text}` : pathname + search);
  },
};

function render({ model, el }) {
  el.classList.add("pk-section");
  if (model.get("announces")) el.setAttribute("role", "status");
  const waiting = new Map();
  const unsent = new Set(); // fields that hold what Python has not been told
  let number = 0;
  let typed = 0;
  let pause = 0;

  const say = (text) => {
    const place = el.querySelector("[data-status]");
    if (place) place.textContent = text;
  };

  const show = (html) => {
    const active = el.contains(document.activeElement) ? document.activeElement.id : "";
    const { selectionStart, selectionEnd } = document.activeElement ?? {};
    const typing = [...unsent].filter((field) => field.id && el.contains(field));
    const folded = new Map([...el.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const scrolled = new Map([...el.querySelectorAll(".pk-scroll[id]")].map((s) => [s.id, s.scrollTop]));
    el.innerHTML = html;
    for (const [id, open] of folded) {
      const place = el.querySelector(`#${CSS.escape(id)}`);
      if (place) place.open = open;
    }
    for (const [id, top] of scrolled) {
      const place = el.querySelector(`#${CSS.escape(id)}`);
      if (place) place.scrollTop = top;
    }
    unsent.clear();
    for (const { id, value } of typing) {
      const place = el.querySelector(`#${CSS.escape(id)}`);
      if (!place) continue;
      place.value = value;
      unsent.add(place);
    }
    const focused = active ? document.getElementById(active) : null;
    focused?.focus({ preventScroll: true });
    if (unsent.has(focused) && selectionStart !== null) focused.setSelectionRange(selectionStart, selectionEnd);
    const due = el.querySelector("[data-load]");
    if (due) act(due.dataset.load);
  };

  const act = (action, value, content) =>
    new Promise((answered) => {
      const id = (number += 1);
      const late = setTimeout(() => say(LATE), PATIENCE);
      waiting.set(id, () => {
        clearTimeout(late);
        waiting.delete(id);
        if (!waiting.size) el.removeAttribute("aria-busy");
        if (el.querySelector("[data-status]")?.textContent === LATE) say("");
        answered();
      });
      el.setAttribute("aria-busy", "true");
      model.send({ action, value: String(value ?? ""), id }, undefined, content ? [content] : []);
    });

  const take = async (files) => {
    const all = [...files];
    for (const [place, file] of all.entries()) {
      say(all.length > 1 ? `Reading ${place + 1} of ${all.length} …` : "Reading …");
      if (file.size > LARGEST_FILE) await act("too-large", file.name);
      else await act("upload", file.name, await file.arrayBuffer().catch(() => null));
    }
    await act("uploaded", all.length);
    say("");
  };

  const value = (target) => {
    const from = target.dataset.from ? el.querySelector(target.dataset.from) : null;
    if (from) return from.value;
    if (target.type === "checkbox") return target.checked ? "yes" : "no";
    return target.dataset.value ?? target.value;
  };

  el.addEventListener("click", (event) => {
    const target = event.target.closest("button");
    if (target?.dataset.picture) {
      say("Drawing …");
      picture(target).then(
        (done) => say(done ? "Saved." : "There is no chart to save."),
        () => say("The chart could not be saved."),
      );
      return;
    }
    if (target?.dataset.copy !== undefined) {
      navigator.clipboard.writeText(window.location.href).then(
        () => say("Copied. It holds this view, and nothing about your organization."),
        () => say("Copy it from the address bar: it holds this view."),
      );
      return;
    }
    if (!target?.dataset.action) return;
    const given = value(target) ?? "";
    if (given.length > LARGEST_FILE) act("too-large", "pasted text").then(() => act("uploaded", 1));
    else act(target.dataset.action, given);
  });
  el.addEventListener("keydown", (event) => {
    if (event.key.length === 1) typed = Date.now();
  });
  el.addEventListener("input", (event) => unsent.add(event.target));
  el.addEventListener("focusout", ({ target }) => {
    // Firefox reports no change of a text that we put into new HTML.
    if (unsent.has(target) && target.dataset.action) target.dispatchEvent(new Event("change", { bubbles: true }));
  });
  el.addEventListener("change", (event) => {
    const target = event.target.closest("[data-action]");
    if (!target || target.tagName === "BUTTON") return;
    unsent.delete(target);
    if (target.tagName === "SELECT" && Date.now() - typed < TYPING) {
      clearTimeout(pause); // more letters may follow, and new HTML would forget the first
      pause = setTimeout(() => act(target.dataset.action, value(target)), TYPING);
    } else if (target.type !== "file") act(target.dataset.action, value(target));
    else take(target.files).then(() => (target.value = ""));
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

  const redraw = () => show(model.get("html"));
  model.on("change:html", redraw);
  model.on("msg:custom", (message, buffers) => {
    if (message.html !== undefined) show(message.html);
    if (message.address !== undefined) address.set(message.address);
    if (message.save) save(message.save, message.type, buffers[0]);
    if (message.clear) {
      for (const field of el.querySelectorAll("textarea")) {
        field.value = "";
        unsent.delete(field);
      }
    }
    if (message.focus) document.getElementById(message.focus)?.focus();
    if (message.done) waiting.get(message.done)?.();
  });
  redraw();
  if (model.get("is_private")) act("shown");
  const moved = () => act("address", address.get());
  if (model.get("keeps_address")) {
    window.addEventListener("hashchange", moved);
    if (address.get()) moved();
  }

  if (!model.get("tells_width")) return () => window.removeEventListener("hashchange", moved);
  let narrow = false;
  const watcher = new ResizeObserver(([entry]) => {
    const now = entry.contentRect.width > 0 && entry.contentRect.width < NARROW;
    if (now !== narrow) act("narrow", (narrow = now) ? "yes" : "no");
  });
  watcher.observe(el);
  return () => {
    watcher.disconnect();
    window.removeEventListener("hashchange", moved);
  };
}

export default { render };
