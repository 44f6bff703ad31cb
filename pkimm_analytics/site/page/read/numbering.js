/*
Which data file of the web tool 1.0.x a map of ratings was made with.

No link or file of 1.0.x names its model version, and three data files number the
categories differently. The set of keys settles it in nearly all cases, else the
official descriptions, known by their fingerprints. `pkimm.numbering` has both as data;
the rules are those of pkimm_analytics/loaders/web_tool/numbering.py.
*/
"use strict";
(function (pkimm) {
  const { isMap, sha256 } = pkimm;
  const files = () => pkimm.numbering.files;
  const has = (map, key) => Object.hasOwn(map, key);

  /* The category and data files that a description belongs to, if it is an official one. */
  function textOf(entry) {
    const text = isMap(entry) ? entry.description : null;
    if (typeof text !== "string" || !text.trim()) return null;
    const squeezed = text.toLowerCase().trim().replace(/\s+/g, " ");
    return pkimm.numbering.texts[sha256(squeezed).slice(0, 16)] ?? null;
  }

  /* {candidates, by}; null if no key is known. The first candidate is the assumed one. */
  function identify(progress) {
    const keys = Object.keys(progress);
    if (!keys.length) return { candidates: files().slice(0, 1), by: "empty" };
    const present = keys.filter((key) => files().some((file) => has(file.keys, key)));
    if (!present.length) return null;
    const complete = files().filter((f) => Object.keys(f.keys).every((k) => present.includes(k)));
    const covering = files().filter((f) => present.every((k) => has(f.keys, k)));
    const fitting = complete.length ? complete : covering;
    if (fitting.length === 1) return { candidates: fitting, by: "keys" };
    const supported = agreeing(progress, present, fitting.length ? fitting : files());
    if (supported.length === 1) return { candidates: supported, by: "texts" };
    const shared = (file) => present.filter((key) => has(file.keys, key)).length;
    return { candidates: [...supported].sort((a, b) => shared(b) - shared(a)), by: "nothing" };
  }

  /* Candidates that agree with the most descriptions. */
  function agreeing(progress, present, candidates) {
    const texts = present.map((key) => [key, textOf(progress[key])]);
    const counts = candidates.map(
      (file) =>
        texts.filter(([k, t]) => t && t.files.includes(file.id) && file.keys[k] === t.key).length,
    );
    return candidates.filter((_, i) => counts[i] === Math.max(...counts));
  }

  /* Element keys that a key of the tool stands for in the candidates. */
  function meanings(numbering, key) {
    const found = numbering.candidates.filter((f) => has(f.keys, key)).map((f) => f.keys[key]);
    return [...new Set(found)];
  }

  Object.assign(pkimm, { identify, meanings, textOf });
})((globalThis.pkimm ??= {}));
