/*
What is shown, kept in the address behind the #: the cohort, the measure, the level and
the dimension of the heatmap. Never anything of the visitor's own assessment.
*/
"use strict";
(function (pkimm) {
  const DEFAULTS = { show: "overall", level: 3, by: "" };
  const listeners = [];
  let state = null;

  /* Reads an address; what is unknown or withheld is relaxed, and said in `sentence`. */
  function parse(hash) {
    const asked = {};
    const next = { ...DEFAULTS };
    for (const part of hash.replace(/^#/, "").split("&")) {
      const [name, value] = part.split("=", 2).map(decode);
      if (value === undefined) continue;
      if (pkimm.data.importance.includes(name)) asked[name] = value;
      else if (name === "show" && pkimm.data.measures.includes(value)) next.show = value;
      else if (name === "level" && /^[2-5]$/.test(value)) next.level = Number(value);
      else if (name === "by" && pkimm.data.dimensions.some(([d]) => d === value)) next.by = value;
    }
    const ladder = pkimm.peerLadder(asked);
    next.cohort = ladder.found;
    next.sentence = ladder.relaxed.length ? ladder.sentence : "";
    next.by ||= pkimm.data.dimensions[0]?.[0] ?? "";
    return next;
  }

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  function hashOf({ cohort, show, level, by }) {
    const first = pkimm.data.dimensions[0]?.[0] ?? "";
    const parts = Object.entries(cohort);
    if (show !== DEFAULTS.show) parts.push(["show", show]);
    if (level !== DEFAULTS.level) parts.push(["level", level]);
    if (by && by !== first) parts.push(["by", by]);
    return parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  }

  function current() {
    state ??= parse(location.hash);
    return state;
  }

  function change(part) {
    state = { ...current(), sentence: "", ...part };
    const hash = hashOf(state);
    try {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch {
      location.hash = hash; // some browsers allow no new address for pages that are files
    }
    for (const listener of listeners) listener(state);
  }

  const onChange = (listener) => listeners.push(listener);

  window.addEventListener("hashchange", () => {
    if (location.hash.includes("=") || location.hash.length < 2) {
      state = parse(location.hash);
      for (const listener of listeners) listener(state);
    }
  });

  Object.assign(pkimm, { change, current, onChange });
})((globalThis.pkimm ??= {}));
