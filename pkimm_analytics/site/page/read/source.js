/* From whatever a visitor drops or pastes to ratings; the format is told by the content. */
"use strict";
(function (pkimm) {
  const { LIMITS, Refused, decoded, isMap } = pkimm;

  /*
  {edition, mode, answers, problems, kind}, and for the package's own files the coarse
  profile. Throws Refused with what was expected.
  */
  async function readSource(bytes) {
    if (bytes.length === 0) throw new Refused("It is empty.");
    if (bytes.length > LIMITS.bytes) throw new Refused("It is too large for an assessment.");
    const starts = (...codes) => codes.every((code, i) => bytes[i] === code);
    if (starts(0x50, 0x4b) || starts(0xd0, 0xcf, 0x11, 0xe0)) return pkimm.readWorkbook(bytes);
    if (starts(0x25, 0x50, 0x44, 0x46)) {
      throw new Refused("It is a PDF: paste the share link that the report prints.");
    }
    const text = decoded(bytes);
    if (text !== null) return readText(text.replace(/^\ufeff/, "").trimStart());
    const older = new TextDecoder("windows-1252").decode(bytes); // of older spreadsheets
    if (!pkimm.looksLikeTable(older)) throw new Refused(EXPECTED);
    return pkimm.readTable(older);
  }

  const EXPECTED =
    "It is no assessment in a known format: expected *.pkimm.json, an official workbook" +
    " (xlsx), a share link or YAML file of the web tool, or a table that this package exported.";

  async function readText(text) {
    if (pkimm.isLink(text)) return pkimm.readLink(text.trim());
    if (text.startsWith("{")) {
      const document = pkimm.readJson(text);
      if (String(document.format ?? "").startsWith("pkimm-")) return pkimm.readOwn(document);
      return pkimm.readRecord(document);
    }
    if (pkimm.looksLikeYaml(text)) {
      const document = pkimm.readYaml(text);
      if (!isMap(document)) throw new Refused(EXPECTED);
      pkimm.checkPlain(document);
      return pkimm.readRecord(document);
    }
    if (pkimm.looksLikeTable(text)) return pkimm.readTable(text);
    throw new Refused(EXPECTED);
  }

  Object.assign(pkimm, { readSource });
})((globalThis.pkimm ??= {}));
