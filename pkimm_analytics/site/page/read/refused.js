/*
What a reader says when it cannot take something: never with a name or a text of the file.

`Refused` stops the reading; a problem is a remark on one place, and the rest is read.
*/
"use strict";
(function (pkimm) {
  class Refused extends Error {}

  const LIMITS = {
    bytes: 20_000_000,
    link: 1_000_000,
    inflated: 2_000_000,
    depth: 40,
    entries: 5_000,
    nodes: 300_000,
  };

  const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  /* Own entries only, in an object without prototype: a key such as __proto__ is only a key. */
  const plainMap = (pairs) => {
    const map = Object.create(null);
    for (const [key, value] of pairs) map[key] = value;
    return map;
  };

  /* Stops at documents that are deeper or larger than any assessment, or have odd numbers. */
  function checkPlain(document) {
    let level = [document];
    let nodes = 0;
    for (let depth = 0; level.length; depth++) {
      if (depth > LIMITS.depth) throw new Refused("It nests too deeply for an assessment.");
      nodes += level.length;
      if (nodes > LIMITS.nodes) throw new Refused("It holds too many values for an assessment.");
      if (level.some((v) => typeof v === "number" && !Number.isFinite(v))) {
        throw new Refused("It holds a number that is too large.");
      }
      level = level
        .filter((v) => typeof v === "object" && v !== null)
        .flatMap((v) => (Array.isArray(v) ? v : Object.values(v)));
    }
  }

  /* JSON of a file or link; maps without prototype. */
  function readJson(text) {
    let document;
    try {
      document = JSON.parse(text, (_, value) =>
        isMap(value) ? plainMap(Object.entries(value)) : value,
      );
    } catch (error) {
      if (error instanceof SyntaxError) throw new Refused("It is not readable as JSON.");
      throw new Refused("It nests too deeply for an assessment.");
    }
    checkPlain(document);
    return document;
  }

  Object.assign(pkimm, { LIMITS, Refused, checkPlain, isMap, plainMap, readJson });
})((globalThis.pkimm ??= {}));
