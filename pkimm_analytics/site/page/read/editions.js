/*
The editions of the model that the package ships, unpacked from `pkimm.structure`.

structure: {levels, editions: [{version, digest, modules: [[id, name]], categories:
[[key, native, weight, name, [[key, native, weight, title], ...]], ...]}]}
*/
"use strict";
(function (pkimm) {
  function unpack(raw) {
    const categories = raw.categories.map(([key, native, weight, name, requirements]) => ({
      key,
      native,
      weight,
      name,
      requirements: requirements.map(([k, n, w, title]) => ({
        key: `${key}.${k}`,
        native: n,
        weight: w,
        name: title,
      })),
    }));
    const byKey = new Map(categories.map((c) => [c.key, c]));
    const requirements = new Map(categories.flatMap((c) => c.requirements).map((r) => [r.key, r]));
    const natives = Object.create(null);
    for (const one of [...byKey.values(), ...requirements.values()]) natives[one.native] = one.key;
    return {
      version: raw.version,
      digest: raw.digest,
      levels: raw.levels,
      name: `PKIMM ${raw.version}`,
      modules: raw.modules.map(([id]) => id),
      moduleNames: new Map(raw.modules),
      categories,
      natives,
      requirements,
      category: (key) => byKey.get(key),
      hasCategory: (key) => byKey.has(key),
      hasRequirement: (key) => requirements.has(key),
      has: (key) => byKey.has(key) || requirements.has(key),
    };
  }

  pkimm.editions = pkimm.structure.editions.map(unpack);
})((globalThis.pkimm ??= {}));
