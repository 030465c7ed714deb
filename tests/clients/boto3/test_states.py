"""boto3, unmodified, drives every operation of Step Functions; the last test compares with boto3's own service model."""

import json
import os
import pathlib
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

DATA = pathlib.Path(os.environ["STEPWELL_DATA"])
ENDPOINTS = json.loads((DATA / "endpoints.json").read_text())
SECRETS = json.loads((DATA / "secrets.json").read_text())
ROLE = "arn:aws:iam::000000000000:role/test"

# StartSyncExecution and TestState go to a host of their own on AWS; boto3 puts `sync-` before any host unless it is told
# not to.
sfn = boto3.client(
    "stepfunctions",
    endpoint_url=ENDPOINTS["http"],
    region_name=ENDPOINTS["region"],
    aws_access_key_id=SECRETS["accessKeyIds"]["default"],
    aws_secret_access_key=SECRETS["secretAccessKeys"]["default"],
    config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
)
answered = set()
sfn.meta.events.register("after-call.stepfunctions", lambda model, http_response, **_: (
    answered.add(model.name) if http_response.status_code == 200 else None
))


def machine(start_at, **states):
    return json.dumps({"StartAt": start_at, "States": states})


PASS = machine("P", P={"Type": "Pass", "End": True})


class States(unittest.TestCase):
    maxDiff = None

    def create(self, name, definition=PASS, **more):
        return sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE, **more)["stateMachineArn"]

    def refuses(self, exception, message, operation, **arguments):
        with self.assertRaises(getattr(sfn.exceptions, exception, ClientError)) as raised:
            operation(**arguments)
        error = raised.exception.response
        self.assertEqual((error["Error"]["Code"], error["Error"]["Message"]), (exception, message))
        self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_machines(self):
        arn = self.create("boto-machine", tags=[{"key": "team", "value": "blue"}])
        self.assertEqual(sfn.describe_state_machine(stateMachineArn=arn)["definition"], PASS)
        pages = sfn.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 1})
        self.assertIn(arn, [found["stateMachineArn"] for page in pages for found in page["stateMachines"]])
        updated = sfn.update_state_machine(stateMachineArn=arn, roleArn=ROLE + "-2")
        self.assertEqual(sfn.describe_state_machine(stateMachineArn=arn)["revisionId"], updated["revisionId"])
        sfn.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
        sfn.untag_resource(resourceArn=arn, tagKeys=["team"])
        self.assertEqual(sfn.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "stage", "value": "test"}])
        sfn.delete_state_machine(stateMachineArn=arn)
        absent = arn.replace("boto-machine", "boto-absent")
        self.refuses(
            "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{absent}'",
            sfn.describe_state_machine, stateMachineArn=absent,
        )
        self.refuses("InvalidName", "Invalid Name: 'a b'", self.create, name="a b")
        self.refuses(
            "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
            self.create, name="boto-bad", definition='{"StartAt": "P"}',
        )

    def test_versions_and_aliases(self):
        arn = self.create("boto-versions")
        version = sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        listed = sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        self.assertEqual([found["stateMachineVersionArn"] for found in listed], [version])
        routes = [{"stateMachineVersionArn": version, "weight": 100}]
        alias = sfn.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
        sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="now")
        described = sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
        self.assertEqual((described["description"], described["routingConfiguration"]), ("now", routes))
        execution = sfn.start_execution(stateMachineArn=alias)["executionArn"]
        self.assertEqual(sfn.describe_execution(executionArn=execution)["stateMachineVersionArn"], version)
        aliases = sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
        self.assertEqual([found["stateMachineAliasArn"] for found in aliases], [alias])
        self.refuses(
            "ConflictException",
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
            "version: [live]",
            sfn.delete_state_machine_version, stateMachineVersionArn=version,
        )
        sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
        sfn.delete_state_machine_version(stateMachineVersionArn=version)
        self.assertEqual(sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"], [])

    def test_executions(self):
        arn = self.create("boto-executions", machine("W", W={"Type": "Wait", "Seconds": 3600, "End": True}))
        execution = sfn.start_execution(stateMachineArn=arn, name="one")["executionArn"]
        machine_of = sfn.describe_state_machine_for_execution(executionArn=execution)
        self.assertEqual(machine_of["stateMachineArn"], arn)
        sfn.stop_execution(executionArn=execution, error="Enough")
        sfn.redrive_execution(executionArn=execution)
        self.assertEqual(sfn.describe_execution(executionArn=execution)["status"], "RUNNING")
        sfn.stop_execution(executionArn=execution, error="Enough")
        listed = sfn.list_executions(stateMachineArn=arn, statusFilter="ABORTED")["executions"]
        self.assertEqual([(found["name"], found["redriveCount"]) for found in listed], [("one", 1)])
        pages = sfn.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 2},
        )
        events = [event for page in pages for event in page["events"]]
        self.assertEqual(events[0]["executionAbortedEventDetails"]["error"], "Enough")
        self.assertEqual([event["id"] for event in events], list(range(len(events), 0, -1)))
        self.refuses(
            "ExecutionAlreadyExists", f"Execution Already Exists: '{execution}'",
            sfn.start_execution, stateMachineArn=arn, name="one", input='{"other": true}',
        )
        self.refuses("InvalidToken", "Invalid Token: 'Invalid token'", sfn.list_executions, stateMachineArn=arn, nextToken="x")

    def test_express(self):
        arn = self.create("boto-express", type="EXPRESS")
        done = sfn.start_sync_execution(stateMachineArn=arn, input='{"x": 1}')
        self.assertEqual((done["status"], done["output"]), ("SUCCEEDED", '{"x": 1}'))
        self.refuses(
            "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine",
            sfn.list_executions, stateMachineArn=arn,
        )

    def test_tasks(self):
        activity = sfn.create_activity(name="boto-activity")["activityArn"]
        self.assertEqual(sfn.describe_activity(activityArn=activity)["name"], "boto-activity")
        self.assertIn(activity, [found["activityArn"] for found in sfn.list_activities()["activities"]])
        arn = self.create("boto-tasks", machine("T", T={"Type": "Task", "Resource": activity, "End": True}))
        first = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        token = sfn.get_activity_task(activityArn=activity)["taskToken"]
        sfn.send_task_heartbeat(taskToken=token)
        sfn.send_task_success(taskToken=token, output='"done"')
        self.assertEqual(sfn.describe_execution(executionArn=first)["output"], '"done"')
        self.refuses(
            "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
            sfn.send_task_success, taskToken=token, output="{}",
        )
        second = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        token = sfn.get_activity_task(activityArn=activity)["taskToken"]
        sfn.send_task_failure(taskToken=token, error="Sour", cause="milk")
        failed = sfn.describe_execution(executionArn=second)
        self.assertEqual((failed["status"], failed["error"], failed["cause"]), ("FAILED", "Sour", "milk"))
        sfn.delete_activity(activityArn=activity)
        self.refuses(
            "ActivityDoesNotExist", f"Activity Does Not Exist: '{activity}'", sfn.describe_activity, activityArn=activity,
        )

    def test_map_runs(self):
        processor = json.loads(machine("W", W={"Type": "Wait", "Seconds": 3600, "End": True}))
        processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        arn = self.create("boto-map", machine("M", M={"Type": "Map", "ItemProcessor": processor, "End": True}))
        execution = sfn.start_execution(stateMachineArn=arn, input="[1, 2]")["executionArn"]
        (run,) = sfn.list_map_runs(executionArn=execution)["mapRuns"]
        sfn.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=5)
        described = sfn.describe_map_run(mapRunArn=run["mapRunArn"])
        self.assertEqual((described["status"], described["maxConcurrency"]), ("RUNNING", 5))
        sfn.stop_execution(executionArn=execution)

    def test_trials(self):
        self.assertEqual(sfn.validate_state_machine_definition(definition=PASS)["result"], "OK")
        tried = sfn.test_state(definition='{"Type": "Pass", "Result": 7, "Next": "After"}', roleArn=ROLE)
        self.assertEqual((tried["status"], tried["output"], tried["nextState"]), ("SUCCEEDED", "7", "After"))

    def test_zz_every_operation_has_been_driven(self):
        self.assertEqual(set(sfn.meta.service_model.operation_names) - answered, set())


if __name__ == "__main__":
    unittest.main()
