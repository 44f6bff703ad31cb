/*
YAML as the official web tool writes it: block maps and lists, plain, quoted, folded and
literal texts, and the empty [] and {}.

Not YAML at large. Aliases, tags and filled-in flow collections do not occur in these
files and are refused, with the line.
*/
"use strict";
(function (pkimm) {
  const { LIMITS, Refused, plainMap } = pkimm;

  class Lines {
    constructor(text) {
      this.lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
      this.at = 0;
      this.nodes = 0;
    }

    /* Moves to the next line with content and gives its indentation; -1 at the end. */
    next() {
      for (; this.at < this.lines.length; this.at++) {
        const line = this.lines[this.at];
        if (/^\s*(#|$)/.test(line) || (line === "---" && this.nodes === 0)) continue;
        if (/^(---|\.\.\.)(\s|$)/.test(line)) this.refuse("has more than one document");
        if (/^ *\t/.test(line)) this.refuse("is indented with a tab");
        return line.search(/\S/);
      }
      return -1;
    }

    get line() {
      return this.lines[this.at];
    }

    count() {
      if (++this.nodes > LIMITS.nodes) this.refuse("holds too many values");
    }

    refuse(why) {
      throw new Refused(`It is not readable as a YAML file of the web tool: line ${this.at + 1} ${why}.`);
    }
  }

  const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#&*!|>'"%@`{}[\],?:-][^#]*?|[-?:][^\s#][^#]*?)\s*:(?:\s+(.*))?$/;
  const ITEM = /^-(?:\s+|$)/;

  /* One value whose first line is indented by `indent`. */
  function block(lines, indent, depth) {
    if (depth > LIMITS.depth) lines.refuse("nests too deeply");
    lines.count();
    const text = lines.line.slice(indent);
    if (ITEM.test(text)) return list(lines, indent, depth);
    if (keyOf(lines, text)) return map(lines, indent, depth);
    lines.at++;
    return scalar(lines, text, indent - 1);
  }

  function keyOf(lines, text) {
    const match = KEY.exec(text);
    if (!match) return null;
    const [, raw, rest] = match;
    return [/^["']/.test(raw) ? quoted(lines, raw) : raw, (rest ?? "").trim()];
  }

  function map(lines, indent, depth) {
    const pairs = [];
    const seen = new Set();
    while (lines.next() === indent && !ITEM.test(lines.line.slice(indent))) {
      const found = keyOf(lines, lines.line.slice(indent));
      if (!found) lines.refuse("is no key with a value");
      const [key, rest] = found;
      if (seen.has(key)) lines.refuse("repeats a key");
      seen.add(key);
      lines.at++;
      pairs.push([key, value(lines, rest, indent, depth)]);
    }
    if (lines.next() > indent) lines.refuse("is indented oddly");
    return plainMap(pairs);
  }

  function list(lines, indent, depth) {
    const items = [];
    while (lines.next() === indent && ITEM.test(lines.line.slice(indent))) {
      const text = lines.line.slice(indent);
      const mark = ITEM.exec(text)[0].length;
      const rest = text.slice(mark);
      if (rest && !/^[|>#"']/.test(rest) && (ITEM.test(rest) || keyOf(lines, rest))) {
        // A map or list that starts behind the dash: as if the dash were blank.
        lines.lines[lines.at] = " ".repeat(indent + mark) + rest;
        items.push(block(lines, indent + mark, depth + 1));
      } else {
        lines.at++;
        items.push(value(lines, rest.trim(), indent, depth));
      }
    }
    return items;
  }

  /* The value behind a key or dash: on this line, or in the lines that are indented more. */
  function value(lines, rest, indent, depth) {
    if (rest === "" || rest.startsWith("#")) {
      const next = lines.next();
      const isList = next === indent && ITEM.test(lines.line.slice(next));
      return next > indent || isList ? block(lines, next, depth + 1) : null;
    }
    lines.count();
    return scalar(lines, rest, indent);
  }

  function scalar(lines, text, indent) {
    if (/^[|>]/.test(text)) return blockText(lines, text, indent);
    if (/^["']/.test(text)) return quoted(lines, quotedLines(lines, text));
    if (/^\[\s*\]$/.test(text)) return [];
    if (/^\{\s*\}$/.test(text)) return plainMap([]);
    if (/^[&*!{[%@`]/.test(text)) lines.refuse("uses aliases, tags or braces, which are not read");
    const parts = [uncommented(text)];
    for (; lines.at < lines.lines.length; lines.at++) {
      const line = lines.line;
      if (line.trim() === "") parts.push("");
      else if (line.search(/\S/) > indent && !/^\s*#/.test(line)) parts.push(uncommented(line.trim()));
      else break;
    }
    while (parts.length > 1 && parts.at(-1) === "") parts.pop();
    return parts.length > 1 ? folded(parts) : plainValue(parts[0]);
  }

  const uncommented = (text) => text.replace(/\s#.*$/, "").trim();

  /* Lines of a plain or quoted text: one break is a blank, an empty line is a break. */
  function folded(parts) {
    let text = parts[0];
    let breaks = 0;
    for (const part of parts.slice(1)) {
      if (part === "") breaks++;
      else {
        text += (breaks ? "\n".repeat(breaks) : " ") + part;
        breaks = 0;
      }
    }
    return text + "\n".repeat(breaks);
  }

  function plainValue(text) {
    if (/^(~|null|Null|NULL|)$/.test(text)) return null;
    if (/^(true|True|TRUE)$/.test(text)) return true;
    if (/^(false|False|FALSE)$/.test(text)) return false;
    if (/^[-+]?([0-9]*\.[0-9]+|[0-9]+\.?)([eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
    return text;
  }

  /* Text after | or >, with its sign for the line ends. */
  function blockText(lines, head, indent) {
    const match = /^([|>])([-+]?)([1-9]?)([-+]?)\s*(#.*)?$/.exec(head);
    if (!match) lines.refuse("has an odd mark for a text of several lines");
    const [, style, first, width, second] = match;
    const rows = [];
    let own = width ? Math.max(indent, 0) + Number(width) : -1;
    for (; lines.at < lines.lines.length; lines.at++) {
      const line = lines.line;
      const start = line.search(/\S/);
      if (start < 0) {
        rows.push(own >= 0 ? line.slice(own) : "");
        continue;
      }
      if (own < 0 && start > indent) own = start;
      if (own < 0 || start < own) break;
      rows.push(line.slice(own));
    }
    let blanks = 0;
    while (rows.length && rows.at(-1) === "") {
      rows.pop();
      blanks++;
    }
    const text = style === "|" ? rows.join("\n") : foldedBlock(rows);
    const keep = first || second;
    if (keep === "-" || !rows.length) return keep === "+" ? "\n".repeat(blanks) : text;
    return text + "\n" + (keep === "+" ? "\n".repeat(blanks) : "");
  }

  /* Folding joins lines, but not those that are indented more. */
  function foldedBlock(rows) {
    let text = "";
    let breaks = 0;
    let before = null;
    for (const row of rows) {
      if (row === "") {
        breaks++;
        continue;
      }
      const isMore = /^[ \t]/.test(row);
      if (before !== null) {
        if (before || isMore) text += "\n".repeat(breaks + 1);
        else text += breaks ? "\n".repeat(breaks) : " ";
      } else text += "\n".repeat(breaks);
      text += row;
      breaks = 0;
      before = isMore;
    }
    return text;
  }

  /* A quoted text up to its closing quote, which may stand lines below. */
  function quotedLines(lines, text) {
    const whole = text[0] === '"' ? /^"(?:[^"\\]|\\[^])*"/ : /^'(?:[^']|'')*'/;
    const parts = [text];
    for (;;) {
      const joined = parts.join("\n");
      const match = whole.exec(joined);
      if (match) {
        if (!/^\s*(#.*)?$/.test(joined.slice(match[0].length))) lines.refuse("goes on behind a quote");
        return match[0];
      }
      if (lines.at >= lines.lines.length) lines.refuse("has a quote that is not closed");
      parts.push(lines.line);
      lines.at++;
    }
  }

  const ESCAPES = {
    0: "\0", a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029",
  };

  function quoted(lines, raw) {
    const inner = raw.slice(1, -1);
    if (raw[0] === "'") return unfolded(inner).replace(/''/g, "'");
    const joined = inner.replace(/\\\n[ \t]*/g, "\\\n");
    return unfolded(joined, true).replace(
      /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(\n)|(.))/g,
      (_, x, u, long, end, letter) => {
        if (end) return "";
        if (letter !== undefined) {
          if (!(letter in ESCAPES)) lines.refuse("has an unknown escape");
          return ESCAPES[letter];
        }
        const code = parseInt(x ?? u ?? long, 16);
        if (code > 0x10ffff) lines.refuse("has an unknown escape");
        return u ? String.fromCharCode(code) : String.fromCodePoint(code);
      },
    );
  }

  function unfolded(text, isDouble = false) {
    const pattern = isDouble ? /(?<!\\)[ \t]*\n\s*/g : /[ \t]*\n\s*/g;
    return text.replace(pattern, (gap) => {
      const breaks = gap.split("\n").length - 1;
      return breaks > 1 ? "\n".repeat(breaks - 1) : " ";
    });
  }

  /* One document: maps without prototype, lists, texts, numbers, true, false, null. */
  function readYaml(text) {
    const lines = new Lines(text);
    const indent = lines.next();
    if (indent < 0) return null;
    const document = block(lines, indent, 0);
    if (lines.next() >= 0) lines.refuse("does not belong to the rest");
    return document;
  }

  Object.assign(pkimm, { readYaml });
})((globalThis.pkimm ??= {}));
