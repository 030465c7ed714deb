// Evaluated once in each engine, before any code of an application: takes away what handlers may not have, puts the
// time, randomness and console of the invocation in place, and freezes all that invocations could share.
//
// `native` has the functions of bindings.rs, `modules` what code may import. The result makes a `ctx`.
(function (native, modules, strict) {
  "use strict";
  const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf } = Object;
  const { apply, construct, ownKeys } = Reflect;
  // Array methods that run through a length without looking at the time refuse longer ones.
  const LONGEST_ARRAY = 1_000_000;
  // Text from here on makes its methods look at the time.
  const LONG_TEXT = 10_000;
  // A search compares at most this many characters.
  const SEARCH_STEPS = 4_000_000_000;

  const method = (owner, name, value) =>
    defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });

  function removeEscapes() {
    for (const name of ["eval", "Function", "Atomics", "SharedArrayBuffer", "WebAssembly", "performance", "navigator",
      "queueMicrotask", "FinalizationRegistry", "WeakRef", "DOMException", "gc", "escape", "unescape"]) {
      delete globalThis[name];
    }
    // Made when it is read first, which the engine cannot do without Promise.
    delete Array.fromAsync;
    for (const kind of [function () {}, function* () {}]) {
      defineProperty(getPrototypeOf(kind), "constructor", { value: undefined });
    }
  }

  function installTime() {
    const Native = Date;
    function Time(...parts) {
      if (!new.target) return new Native(native.now()).toISOString();
      const resolved = parts.length === 0 ? [native.now()] : parts.length === 1 ? parts : [apply(Native.UTC, null, parts)];
      return construct(Native, resolved, new.target);
    }
    defineProperty(Time, "name", { value: "Date" });
    defineProperty(Time, "prototype", { value: Native.prototype, writable: false });
    method(Native.prototype, "constructor", Time);
    method(Time, "now", native.now);
    method(Time, "UTC", Native.UTC);
    method(Time, "parse", Native.parse);
    for (const part of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
      for (const verb of ["get", "set"]) {
        const inUtc = Native.prototype[`${verb}UTC${part}`];
        if (inUtc) method(Native.prototype, verb + part, inUtc);
      }
    }
    method(Native.prototype, "getTimezoneOffset", function getTimezoneOffset() { return 0; });
    method(Native.prototype, "toString", Native.prototype.toISOString);
    method(globalThis, "Date", Time);
  }

  function installConsole() {
    const console = {};
    for (const level of ["log", "error", "warn", "info", "debug"]) method(console, level, native.log);
    method(globalThis, "console", console);
  }

  // Wraps a method of `owner`; `check` runs first with `this` and the arguments.
  function guard(owner, name, check) {
    const inner = owner[name];
    if (typeof inner !== "function") return;
    method(owner, name, {
      [name](...args) {
        check(this, args);
        return apply(inner, this, args);
      },
    }[name]);
  }

  function boundLoops() {
    const checkLength = (array) => {
      if (array?.length > LONGEST_ARRAY) throw new RangeError(`the array has more than ${LONGEST_ARRAY} elements`);
    };
    for (const name of ["at", "concat", "copyWithin", "fill", "flat", "join", "reverse", "shift", "slice", "sort", "splice",
      "toReversed", "toSorted", "toSpliced", "toString", "unshift", "with"]) {
      guard(Array.prototype, name, checkLength);
    }
    const checkSearch = (text, [pattern]) => {
      if (!(text?.length > LONG_TEXT)) return;
      native.tick();
      if (pattern?.length * text.length > SEARCH_STEPS) throw new RangeError("the texts are too long for a search");
    };
    for (const name of ["includes", "indexOf", "lastIndexOf", "replace", "replaceAll", "split"]) {
      guard(String.prototype, name, checkSearch);
    }
    guard(JSON, "stringify", (_, [, replacer]) => {
      native.tick();
      checkLength(replacer);
    });
    guard(JSON, "parse", () => native.tick());
  }

  // The ways of APPSYNC_JS 1.0.0 (AppSync developer guide, "JavaScript runtime features").
  function installServiceWays() {
    const parse = JSON.parse;
    method(JSON, "parse", function (...args) {
      try {
        return apply(parse, JSON, args);
      } catch (error) {
        if (error instanceof SyntaxError) return "";
        throw error;
      }
    });
    const compile = RegExp;
    const expression = (text, flags) => {
      const options = apply(RegExp.prototype.exec, /^\(\?([imsu]+)\)/, [text]);
      return options
        ? new compile(apply(String.prototype.slice, text, [options[0].length]), flags + options[1])
        : new compile(text, flags);
    };
    for (const [name, flags] of [["replace", ""], ["replaceAll", "g"]]) {
      const inner = String.prototype[name];
      method(String.prototype, name, {
        [name](pattern, replacement) {
          return apply(inner, this, [typeof pattern === "string" ? expression(pattern, flags) : pattern, replacement]);
        },
      }[name]);
    }
  }

  // Frozen prototypes would forbid own properties of the same name; a setter allows them.
  function permitOverride(owner, names) {
    for (const name of names) {
      const value = owner[name];
      defineProperty(owner, name, {
        get() { return value; },
        set(next) {
          if (this === owner) throw new TypeError(`${name} is read-only`);
          defineProperty(this, name, { value: next, writable: true, enumerable: true, configurable: true });
        },
        configurable: true,
      });
    }
  }

  function freezeAll(...roots) {
    const seen = new Set();
    while (roots.length > 0) {
      const value = roots.pop();
      if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
      seen.add(value);
      roots.push(getPrototypeOf(value));
      for (const key of ownKeys(value)) {
        const { value: inner, get, set } = getOwnPropertyDescriptor(value, key);
        roots.push(inner, get, set);
      }
      freeze(value);
    }
  }

  // Objects that only syntax or calls reach.
  const hidden = () => [
    function* () {}, (function* () {})(), [][Symbol.iterator](), ""[Symbol.iterator](), "".matchAll(/./g),
    new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), freeze,
  ];

  function makeInfo() {
    const info = native.part("info");
    for (const name of ["selectionSetList", "selectionSetGraphQL"]) {
      let value;
      defineProperty(info, name, { get: () => (value ??= native.part(name)), enumerable: false });
    }
    return info;
  }

  // Each part is converted when it is read first, and stays the same object then.
  function makeContext() {
    const { part } = native;
    let args, identity, source, stash, prev, result, error, info, request, env;
    return {
      get arguments() { return (args ??= part("arguments")); },
      get args() { return (args ??= part("arguments")); },
      get identity() { return (identity ??= part("identity")); },
      get source() { return (source ??= part("source")); },
      get stash() { return (stash ??= part("stash")); },
      get prev() { return (prev ??= { result: part("previous") }); },
      get result() { return (result ??= part("result")); },
      get error() { return (error ??= part("error")); },
      get info() { return (info ??= makeInfo()); },
      get request() { return (request ??= part("request")); },
      get env() { return (env ??= freeze(part("env"))); },
    };
  }

  // The same for a handler of a channel namespace.
  function makeEventContext() {
    const { part } = native;
    let identity, stash, result, error, info, request, events;
    return {
      get identity() { return (identity ??= part("identity")); },
      get events() { return (events ??= part("events")); },
      get channel() { return (info ??= part("info")).channel.path; },
      get stash() { return (stash ??= part("stash")); },
      get result() { return (result ??= part("result")); },
      get error() { return (error ??= part("error")); },
      get info() { return (info ??= part("info")); },
      get request() { return (request ??= part("request")); },
    };
  }

  removeEscapes();
  installTime();
  installConsole();
  method(Math, "random", native.random);
  boundLoops();
  if (strict) installServiceWays();
  permitOverride(Object.prototype, ["constructor", "toString", "valueOf", "toLocaleString", "hasOwnProperty"]);
  for (const kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    permitOverride(kind.prototype, ["name", "message"]);
  }
  freezeAll(globalThis, modules, ...hidden());
  return { makeContext, makeEventContext, modules };
})
