# Runs a Lambda handler in Python: asks the Lambda Runtime API for events, calls the handler, posts what came of it.
# https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html

import base64
import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
import types

ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
ROOT = "/2018-06-01/runtime"


def call(method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(ADDRESS)
    try:
        connection.request(method, ROOT + path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def post_error(path, kind, message, lines, request_id=None):
    report = {"errorMessage": message, "errorType": kind}
    if request_id is not None:
        report["requestId"] = request_id
    report["stackTrace"] = lines
    headers = {"content-type": "application/json", "lambda-runtime-function-error-type": kind}
    call("POST", path, json.dumps(report, ensure_ascii=False).encode(), headers)


class StartError(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def load():
    name = os.environ.get("_HANDLER", "")
    module_name, dot, function = name.rpartition(".")
    if not dot:
        raise StartError("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise StartError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise StartError("Runtime.UserCodeSyntaxError", message) from error
    try:
        return getattr(module, function)
    except AttributeError as error:
        message = f"Handler '{function}' missing on module '{module_name}'"
        raise StartError("Runtime.HandlerNotFound", message) from error


class Context:
    def __init__(self, headers):
        self._deadline = int(headers["lambda-runtime-deadline-ms"])
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = types.SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = None
        client = headers.get("lambda-runtime-client-context")
        if client:
            known = json.loads(base64.b64decode(client))
            self.client_context = types.SimpleNamespace(
                custom=known.get("custom"), env=known.get("env"), client=known.get("client")
            )

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def plain(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def answer(handler, headers, body):
    request_id = headers["lambda-runtime-aws-request-id"]
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
    path = f"/invocation/{request_id}"
    try:
        result = handler(json.loads(body), Context(headers))
    except Exception as error:
        # The first frame is this program's own.
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        traceback.print_exc()
        post_error(f"{path}/error", type(error).__name__, str(error), frames, request_id)
        return
    try:
        text = json.dumps(result, ensure_ascii=False, default=plain)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        post_error(f"{path}/error", "Runtime.MarshalError", message, [], request_id)
        return
    call("POST", f"{path}/response", text.encode("utf-8", "replace"), {"content-type": "application/json"})


def main():
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s]\t%(asctime)s\t%(message)s")
    try:
        handler = load()
    except StartError as error:
        post_error("/init/error", error.kind, str(error), [])
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        post_error("/init/error", type(error).__name__, str(error), frames)
        sys.exit(1)
    while True:
        status, headers, body = call("GET", "/invocation/next")
        if status != 200:
            sys.exit(0)
        answer(handler, headers, body)


try:
    main()
except (ConnectionError, http.client.HTTPException):
    # Without its stepwell there is nothing to do.
    sys.exit(1)
