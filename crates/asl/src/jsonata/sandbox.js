// What surrounds JSONata's reference implementation inside its sandbox: the functions that Step Functions adds, a clock
// that stands still, and no way from data to the runtime's own objects.
(function (natives) {
  'use strict';
  const { jsonata } = globalThis;
  const COMPILED = 256;
  const compiled = new Map();
  let now = 0;
  let settled;

  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      if (parts.length === 0) super(now);
      else super(...parts);
    }
  };
  Math.random = natives.random;

  // `x.constructor` in an expression would lead to `Function`, and so to code from text.
  const makers = [Object, Array, String, Number, Boolean, RegExp, Error, RealDate, Map, Set, Promise, Function];
  for (const { prototype } of makers) delete prototype.constructor;
  for (const made of [async () => {}, function* () {}, async function* () {}]) {
    delete Object.getPrototypeOf(made).constructor;
  }
  for (const name of ['__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__']) {
    delete Object.prototype[name];
  }
  // The transform operator asks whether what it found is an instance of this.
  Object.defineProperty(Object, 'constructor', { value: class {} });

  const refuse = (message) => {
    throw { code: 'D3137', message };
  };
  const sequence = (items) => Object.defineProperty(items, 'sequence', { value: true });

  const partition = (items, size) => {
    const length = Math.round(size);
    if (length < 1) refuse('the size of a partition must be a positive integer');
    const chunks = [];
    for (let at = 0; at < items.length; at += length) chunks.push(items.slice(at, at + length));
    return chunks;
  };
  // A sequence, so that a single item is that item itself (recorded on AWS).
  const range = (first, last, step) => {
    const steps = Math.floor((last - first) / step);
    if (step === 0 || !Number.isFinite(steps)) refuse('the step of a range must not be zero');
    if (steps >= natives.longestRange) refuse(`a range must not hold more than ${natives.longestRange} items`);
    return sequence(Array.from({ length: Math.max(steps + 1, 0) }, (_, at) => first + at * step));
  };
  const hash = (text, algorithm = 'SHA-256') => {
    const digest = natives.hash(text, algorithm);
    return digest ?? refuse(`unknown algorithm: ${algorithm}`);
  };
  const parse = (text) => {
    try {
      return JSON.parse(text);
    } catch (error) {
      return refuse(error.message);
    }
  };
  // The library's own makes an array of that length and joins it, which nothing can interrupt.
  const pad = (text, width, filler) => {
    if (text === undefined) return undefined;
    const letters = Array.from(filler || ' ');
    const missing = Math.abs(width) - Array.from(text).length;
    if (missing <= 0) return text;
    const rest = letters.slice(0, missing % letters.length).join('');
    const padding = letters.join('').repeat(Math.floor(missing / letters.length)) + rest;
    return width > 0 ? text + padding : padding + text;
  };
  const random = (seed) => (seed === undefined ? natives.random() : natives.seeded(seed));

  const compile = (source) => {
    if (compiled.size >= COMPILED) compiled.clear();
    const expression = jsonata(source);
    expression.registerFunction('partition', partition, '<an:a>');
    expression.registerFunction('range', range, '<nnn:a>');
    expression.registerFunction('hash', hash, '<ss?:s>');
    expression.registerFunction('parse', parse, '<s:x>');
    expression.registerFunction('uuid', natives.uuid, '<:s>');
    expression.registerFunction('pad', pad, '<s-ns?:s>');
    expression.registerFunction('random', random, '<n?:n>');
    // Step Functions has no `$eval`.
    expression.assign('eval', undefined);
    compiled.set(source, expression);
    return expression;
  };

  const isFunction = (value) =>
    typeof value === 'function' || Boolean(value?._jsonata_lambda || value?._jsonata_function);
  const show = (value) => {
    if (value === undefined) return ['nothing', ''];
    if (isFunction(value)) return ['unsupported', ''];
    return ['value', JSON.stringify(value, (_, part) => (isFunction(part) ? '' : part))];
  };
  const fail = (error) => [error?.code ? 'threw' : 'broke', error?.code ? `${error.code}: ${error.message}` : `${error}`];

  return {
    // Begins an evaluation. `root` and `variables` are JSON text; no root is an empty one.
    start(source, root, variables, moment) {
      settled = undefined;
      now = moment;
      try {
        const expression = compiled.get(source) ?? compile(source);
        expression
          .evaluate(root === '' ? undefined : JSON.parse(root), JSON.parse(variables))
          .then(show)
          .then((shown) => (settled = shown), (error) => (settled = fail(error)));
      } catch (error) {
        settled = fail(error);
      }
    },
    // What came of it: its kind and its text; nothing where the runtime itself gave up.
    settled: () => settled,
  };
});
