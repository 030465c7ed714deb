// Runs a Lambda handler in Node.js: asks the Lambda Runtime API for events, calls the handler, posts what came of it.
// Handlers are functions of CommonJS or ES modules, async or with a callback.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

import { existsSync } from "node:fs";
import { request } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

// One connection for each request: an idle one must not keep the event loop from being empty.
function call(method, path, body, headers = {}) {
  return new Promise((done, fail) => {
    const sent = request({ host, port, method, path: `/2018-06-01/runtime${path}`, headers, agent: false }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
      answer.on("error", fail);
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

class StartError extends Error {
  constructor(type, message) {
    super(message);
    this.name = type;
  }
}

function described(error) {
  if (error instanceof Error || (typeof error === "object" && error?.name && error?.message !== undefined)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function post(path, error) {
  const report = described(error);
  const headers = { "content-type": "application/json", "lambda-runtime-function-error-type": encodeURI(report.errorType) };
  return call("POST", path, JSON.stringify(report), headers);
}

async function load() {
  const name = process.env._HANDLER ?? "";
  const slash = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", slash);
  if (dot < 0) throw new StartError("Runtime.MalformedHandlerName", `Bad handler '${name}'`);
  const base = resolve(process.env.LAMBDA_TASK_ROOT, name.slice(0, dot));
  const file = ["", ".js", ".mjs", ".cjs"].map((end) => base + end).find((file) => /\.[cm]?js$/.test(file) && existsSync(file));
  if (!file) throw new StartError("Runtime.ImportModuleError", `Error: Cannot find module '${name.slice(0, dot)}'`);
  let module;
  try {
    module = await import(pathToFileURL(file));
  } catch (error) {
    const type = error instanceof SyntaxError ? "Runtime.UserCodeSyntaxError" : "Runtime.ImportModuleError";
    if (error instanceof SyntaxError || error?.code === "ERR_MODULE_NOT_FOUND" || error?.code === "MODULE_NOT_FOUND") {
      throw new StartError(type, String(error));
    }
    throw error;
  }
  const steps = name.slice(dot + 1).split(".");
  const reach = (from) => steps.reduce((value, step) => value?.[step], from);
  const handler = reach(module) ?? reach(module.default);
  if (handler === undefined) throw new StartError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new StartError("Runtime.HandlerNotFound", `${name} is not a function`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const json = (name) => (headers[name] ? JSON.parse(Buffer.from(headers[name], "base64").toString()) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    clientContext: json("lambda-runtime-client-context"),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// What to do when nothing is left to wait for: answer what a callback gave, or null when it never came.
let whenEmpty;
process.on("beforeExit", () => {
  const answer = whenEmpty;
  whenEmpty = undefined;
  answer?.();
});

function run(handler, event, context) {
  return new Promise((done, fail) => {
    whenEmpty = () => done(null);
    const callback = (error, result) => {
      const answer = () => (error === undefined || error === null ? done(result) : fail(error));
      if (context.callbackWaitsForEmptyEventLoop) whenEmpty = answer;
      else answer();
    };
    context.done = (error, result) => {
      context.callbackWaitsForEmptyEventLoop = false;
      callback(error, result);
    };
    context.succeed = (result) => context.done(null, result);
    context.fail = (error) => context.done(error ?? "handled");
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then(done, fail);
  }).finally(() => {
    whenEmpty = undefined;
  });
}

let current;
async function main() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    await post("/init/error", error);
    process.exit(1);
  }
  for (;;) {
    const next = await call("GET", "/invocation/next");
    if (next.status !== 200) process.exit(0);
    current = next.headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"];
    try {
      const result = await run(handler, JSON.parse(next.text), contextOf(next.headers));
      await call("POST", `/invocation/${current}/response`, JSON.stringify(result) ?? "null", { "content-type": "application/json" });
    } catch (error) {
      await post(`/invocation/${current}/error`, error);
    }
    current = undefined;
  }
}

async function crash(type, error) {
  const report = error instanceof Error ? error : new Error(String(error));
  const named = type ? new StartError(type, `${report.name}: ${report.message}`) : report;
  console.error(report.stack);
  await post(current ? `/invocation/${current}/error` : "/init/error", named);
  process.exit(1);
}
process.on("uncaughtException", (error) => crash(undefined, error));
process.on("unhandledRejection", (error) => crash("Runtime.UnhandledPromiseRejection", error));
// Without its stepwell there is nothing to do.
main().catch(() => process.exit(1));
