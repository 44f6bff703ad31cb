/*
Scores in the visitor's browser: the formula of pkimm_analytics/scoring, in exact fractions.

Weights, element keys and level names come from the package as data (`pkimm.editions`).
The formula itself is described once, in Python; tests hold this file to it, figure by
figure. Numbers are BigInt, so that a mean of exactly 3 is never 2.
*/
"use strict";
(function (pkimm) {
  const OUT = -1; // not applicable
  const NONE = 0; // unanswered

  /* An exact score: numerator and denominator in lowest terms, null for nothing to score. */
  function fraction(numerator, denominator) {
    if (denominator <= 0n) return null;
    let [a, b] = [numerator, denominator];
    while (b) [a, b] = [b, a % b];
    return { n: numerator / a, d: denominator / a };
  }

  const level = (value) => (value === null ? null : Number(value.n / value.d));
  const number = (value) => (value === null ? null : Number(value.n) / Number(value.d));

  /* Two decimals, cut and never rounded: 2.999 is level 2 and must not read as 3.00. */
  function figure(value) {
    if (value === null) return "–";
    const cut = (value.n * 100n) / value.d;
    return `${cut / 100n}.${String(cut % 100n).padStart(2, "0")}`;
  }

  /* Weighted mean of fractions, leaving out those that do not exist. */
  function mean(pairs) {
    let [numerator, denominator, total] = [0n, 1n, 0n];
    for (const [value, weight] of pairs) {
      if (value === null) continue;
      const w = BigInt(weight);
      numerator = numerator * value.d + value.n * w * denominator;
      denominator *= value.d;
      total += w;
    }
    return fraction(numerator, denominator * total);
  }

  /* 1 to 5, 0 unanswered, -1 not applicable; what is above an element takes it out too. */
  function coder(answers) {
    const out = (key) => answers[key]?.state === "not_applicable";
    return (key) => {
      const parts = key.split(".");
      const above = [parts[0], parts.slice(0, 2).join("."), key];
      return above.some(out) ? OUT : answers[key]?.level || NONE;
    };
  }

  /* One category: from its rated requirements, else from the level given by hand. */
  function scoreCategory(category, code, isFull) {
    const hand = code(category.key);
    if (!isFull) {
      return {
        value: hand > 0 ? fraction(BigInt(hand), 1n) : null,
        state: hand > 0 ? "rated" : hand < 0 ? "not_applicable" : "unanswered",
        rated: hand > 0 ? 1 : 0,
        inScope: hand >= 0 ? 1 : 0,
      };
    }
    const codes = category.requirements.map((r) => [code(r.key), BigInt(r.weight)]);
    const applicable = codes.filter(([c]) => c >= 0);
    const rated = applicable.filter(([c]) => c > 0);
    const inScope = applicable.length > 0 && hand >= 0;
    let value = null;
    if (inScope && rated.length) {
      value = fraction(
        rated.reduce((sum, [c, w]) => sum + BigInt(c) * w, 0n),
        rated.reduce((sum, [, w]) => sum + w, 0n),
      );
    } else if (inScope && hand > 0) {
      value = fraction(BigInt(hand), 1n);
    }
    return {
      value,
      state: !inScope ? "not_applicable" : value ? "rated" : "unanswered",
      rated: inScope ? rated.length : 0,
      inScope: inScope ? applicable.length : 0,
    };
  }

  /*
  Scores of one assessment: overall, modules and categories as fractions, with states,
  and the levels of its requirements.
  */
  function score(assessment, edition) {
    const code = coder(assessment.answers);
    const isFull = assessment.mode === "full";
    const categories = {};
    for (const category of edition.categories) {
      categories[category.key] = scoreCategory(category, code, isFull);
    }
    const total = (list) => mean(list.map((c) => [categories[c.key].value, c.weight]));
    const modules = {};
    for (const id of edition.modules) {
      modules[id] = total(edition.categories.filter((c) => c.key.startsWith(`${id}.`)));
    }
    const requirements = {};
    for (const category of isFull ? edition.categories : []) {
      for (const { key } of category.requirements) {
        if (code(key) > 0) requirements[key] = code(key);
      }
    }
    return { overall: total(edition.categories), modules, categories, requirements };
  }

  Object.assign(pkimm, { figure, fraction, level, number, score });
})((globalThis.pkimm ??= {}));
