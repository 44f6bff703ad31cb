/* Bytes and texts: base64, UTF-8 and Latin-1, deflate with a limit, and SHA-256. */
"use strict";
(function (pkimm) {
  const { LIMITS, Refused } = pkimm;

  /* Bytes of a base64 text of either alphabet, with or without padding; null if it is none. */
  function base64(text) {
    const usual = text.replace(/ /g, "+").replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, "");
    if (!/^[A-Za-z0-9+/]*$/.test(usual) || usual.length % 4 === 1) return null;
    return Uint8Array.from(atob(usual), (letter) => letter.charCodeAt(0));
  }

  /* Text of UTF-8, or of UTF-16 with its mark; null if it is neither. */
  function decoded(bytes) {
    const mark = bytes.length > 1 ? (bytes[0] << 8) | bytes[1] : 0;
    const encoding = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[mark] ?? "utf-8";
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  }

  function latin1(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return text;
  }

  /* Raw deflate, stopped as soon as it grows beyond a limit. */
  async function inflate(bytes, limit = LIMITS.inflated) {
    const reader = new Blob([bytes])
      .stream()
      .pipeThrough(new DecompressionStream("deflate-raw"))
      .getReader();
    const parts = [];
    let size = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        if (size > limit) throw new Refused("It unpacks to more than an assessment needs.");
        parts.push(value);
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Refused("Its compressed part is damaged.");
    } finally {
      reader.cancel().catch(() => {});
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /*
  SHA-256 as 64 hexadecimal digits (FIPS 180-4). The browser has its own only where a page
  came by https or from this computer, and a site may stand on an intranet without.
  */
  function sha256(text) {
    const bytes = new TextEncoder().encode(text);
    const words = new Uint32Array((((bytes.length + 8) >> 6) + 1) * 16);
    bytes.forEach((byte, i) => (words[i >> 2] |= byte << (24 - 8 * (i & 3))));
    words[bytes.length >> 2] |= 0x80 << (24 - 8 * (bytes.length & 3));
    words[words.length - 2] = Math.floor(bytes.length / 0x20000000);
    words[words.length - 1] = bytes.length << 3;
    const state = INITIAL.slice();
    const w = new Uint32Array(64);
    for (let block = 0; block < words.length; block += 16) {
      w.set(words.subarray(block, block + 16));
      for (let i = 16; i < 64; i++) {
        const [x, y] = [w[i - 15], w[i - 2]];
        const small = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
        w[i] = w[i - 16] + small + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const one = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
        const t1 = (h + one + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
        const zero = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
        const t2 = (zero + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] += value));
    }
    return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  const turn = (word, by) => (word >>> by) | (word << (32 - by));

  /* First 32 bits of the fractional parts of roots of the first primes, as the standard says. */
  const PRIMES = [];
  for (let n = 2; PRIMES.length < 64; n++) if (PRIMES.every((p) => n % p)) PRIMES.push(n);

  function rootBits(prime, degree) {
    const shifted = BigInt(prime) << BigInt(32 * degree);
    let root = BigInt(Math.floor(prime ** (1 / degree) * 2 ** 32));
    while (root ** BigInt(degree) > shifted) root -= 1n;
    while ((root + 1n) ** BigInt(degree) <= shifted) root += 1n;
    return Number(root & 0xffffffffn);
  }

  const INITIAL = Uint32Array.from(PRIMES.slice(0, 8), (p) => rootBits(p, 2));
  const ROUNDS = Uint32Array.from(PRIMES, (p) => rootBits(p, 3));

  Object.assign(pkimm, { base64, decoded, inflate, latin1, sha256 });
})((globalThis.pkimm ??= {}));
