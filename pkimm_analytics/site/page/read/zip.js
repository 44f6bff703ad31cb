/*
An .xlsx file: a zip archive of XML parts from a stranger, unpacked with limits.

Number, sizes and packing of the parts are checked in the directory before anything is
unpacked, and no part may become larger than its entry declares. The limits are those of
pkimm_analytics/loaders/workbook/archive.py.
*/
"use strict";
(function (pkimm) {
  const { Refused, inflate, latin1, decoded } = pkimm;
  const MOST_PARTS = 2_000;
  const MOST_UNPACKED = 60_000_000;
  const MOST_PART = 8_000_000;
  const MOST_RATIO = 150;
  const [STORED, DEFLATED] = [0, 8];

  const damaged = () => new Refused("The workbook is truncated or damaged.");

  /* Parts by lower-case name: {text(name)}. */
  function openArchive(bytes) {
    if (bytes[0] === 0xd0) {
      throw new Refused("Password-protected, or .xls from before 2007: save it as .xlsx without a password.");
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const parts = directory(view, bytes);
    check(parts);
    return {
      has: (name) => parts.has(name.toLowerCase()),
      async text(name) {
        const part = parts.get(name.toLowerCase());
        if (!part) throw new Refused("A part of the workbook is missing.");
        if (part.size > MOST_PART) throw new Refused("A part of the workbook is too large.");
        const content = decoded(await unpack(view, bytes, part));
        if (content === null) throw damaged();
        return content;
      },
    };
  }

  function directory(view, bytes) {
    let end = bytes.length - 22;
    const last = Math.max(0, end - 65_536);
    while (end >= last && view.getUint32(end, true) !== 0x06054b50) end--;
    if (end < last || end < 0) throw damaged();
    const count = view.getUint16(end + 10, true);
    let at = view.getUint32(end + 16, true);
    if (count > MOST_PARTS) throw new Refused("The workbook has too many parts.");
    const parts = new Map();
    for (let i = 0; i < count; i++) {
      if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) throw damaged();
      const length = view.getUint16(at + 28, true);
      const name = latin1(bytes.subarray(at + 46, at + 46 + length));
      const key = name.replace(/\\/g, "/").replace(/^\/+/, "").toLowerCase();
      if (parts.has(key)) throw new Refused("A part of the workbook occurs twice.");
      parts.set(key, {
        flags: view.getUint16(at + 8, true),
        method: view.getUint16(at + 10, true),
        packed: view.getUint32(at + 20, true),
        size: view.getUint32(at + 24, true),
        start: view.getUint32(at + 42, true),
      });
      at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
    return parts;
  }

  function check(parts) {
    let total = 0;
    for (const part of parts.values()) {
      total += part.size;
      if (part.flags & 1) throw new Refused("The workbook is encrypted: save it without a password.");
      if (part.method !== STORED && part.method !== DEFLATED) throw damaged();
      if (part.size > 1_000_000 && part.size > MOST_RATIO * Math.max(part.packed, 1)) {
        throw new Refused("The workbook unpacks to far more than its size.");
      }
    }
    if (total > MOST_UNPACKED) throw new Refused("The workbook unpacks to too much.");
    if (!parts.has("xl/workbook.xml")) throw new Refused("It is no Excel workbook (.xlsx).");
  }

  async function unpack(view, bytes, part) {
    if (part.start + 30 > bytes.length || view.getUint32(part.start, true) !== 0x04034b50) {
      throw damaged();
    }
    const skip = 30 + view.getUint16(part.start + 26, true) + view.getUint16(part.start + 28, true);
    const from = part.start + skip;
    if (from + part.packed > bytes.length) throw damaged();
    const packed = bytes.subarray(from, from + part.packed);
    return part.method === STORED ? packed : inflate(packed, part.size);
  }

  Object.assign(pkimm, { openArchive });
})((globalThis.pkimm ??= {}));
