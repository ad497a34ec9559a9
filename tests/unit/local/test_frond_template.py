"""Check the project's template after its translation to CloudFormation."""

import json
from typing import Any

import pytest

from frond import problems
from frond.media_types import ALIASES, PHOTO_TYPES
from frond.problems import Problem
from local.cloud import DeployedStack
from local.intrinsics import references
from local.rest_api import rest_api
from local.template import Template, read
from tests.conftest import ROOT

OPEN = {"/", "/static/{proxy+}", "/docs", "/openapi.json", "/v1/health"}
OF_DOCS = ("/docs/{file}", "GET")


CONTRACT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def template() -> Template:
    return read(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def resources(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template.document["Resources"]
    return found


@pytest.fixture(scope="module")
def body(template: Template) -> dict[str, Any]:
    (name,) = template.of_type("AWS::ApiGateway::RestApi")
    found: dict[str, Any] = template.document["Resources"][name]["Properties"]["Body"]
    return found


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    found = {name: item["Properties"] for name, item in resources.items() if item["Type"] == kind}
    assert found
    return found


def test_only_the_page_its_contract_and_health_need_no_key(template: Template) -> None:
    # The limits refer to parameters, which only CloudFormation resolves.
    unlimited: dict[str, list[Any]] = {"MethodSettings": []}
    stack = DeployedStack(
        {name: item["Properties"] | unlimited for name, item in template.document["Resources"].items()}, {}
    )
    routes = rest_api(template, stack).routes
    open_to_all = {(route.resource, route.method) for route in routes if not route.key_required}
    # CORS preflight requests carry no key.
    assert open_to_all == {(resource, "ANY") for resource in OPEN} | {OF_DOCS, ("/{proxy+}", "OPTIONS")}
    assert {route.resource for route in routes if route.key_required} == {"/{proxy+}"}


def test_paths_without_a_key_have_low_limits_of_their_own(
    template: Template, resources: dict[str, Any], body: dict[str, Any]
) -> None:
    """Anybody can spend what a path without a key costs."""
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    limits = {(each["ResourcePath"], each["HttpMethod"]): each for each in stage["MethodSettings"]}
    assert limits.pop(("/*", "*"))["ThrottlingRateLimit"] == {"Ref": "KeylessRate"}
    assert limits.pop(OF_DOCS)["ThrottlingRateLimit"] < 1
    # The others need a key. API Gateway finds a limit by its method, so that none of these may be ANY.
    documented = {method.upper() for path in CONTRACT["paths"].values() for method in path}
    assert {method for _, method in limits} == documented
    for (resource, method), each in limits.items():
        assert resource == "/{proxy+}"
        assert method.lower() in body["paths"][resource]
        assert each["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    defaults = template.document["Parameters"]
    assert defaults["KeylessRate"]["Default"] < defaults["ThrottleRate"]["Default"]


def test_gateway_responses_are_documented_problems(body: dict[str, Any]) -> None:
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)]
    documented = {kind.type_uri(): kind for kind in kinds}
    for name, answer in body["x-amazon-apigateway-gateway-responses"].items():
        body_of_response = json.loads(answer["responseTemplates"]["application/json"])
        problem = documented[body_of_response["type"]]
        assert (body_of_response["title"], body_of_response["status"]) == (problem.title, problem.status), (
            name
        )
        assert str(problem.status) == str(answer["statusCode"]), name
        headers = {key.removeprefix("gatewayresponse.header.") for key in answer["responseParameters"]}
        assert headers >= {"x-request-id", "Server-Timing", "Access-Control-Allow-Origin"}, name
        assert ("Retry-After" in headers) == (problem.status in {429, 503}), name


def test_binary_types_are_named_one_by_one(body: dict[str, Any]) -> None:
    types = body["x-amazon-apigateway-binary-media-types"]
    assert {*PHOTO_TYPES, *ALIASES, "multipart/form-data"} <= {*types}
    assert not any("*" in media_type for media_type in types)


def test_every_bucket_is_private_encrypted_and_speaks_tls_only(resources: dict[str, Any]) -> None:
    buckets = of_type(resources, "AWS::S3::Bucket")
    policies = of_type(resources, "AWS::S3::BucketPolicy").values()
    guarded = {policy["Bucket"]["Ref"]: policy["PolicyDocument"]["Statement"] for policy in policies}
    for name, bucket in buckets.items():
        assert all(bucket["PublicAccessBlockConfiguration"].values()), name
        assert bucket["BucketEncryption"], name
        assert bucket["LifecycleConfiguration"]["Rules"], name
        (statement,) = guarded[name]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert references(statement["Resource"]) == {name}


def test_roles_name_their_actions_and_resources(resources: dict[str, Any]) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = (
                    [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                )
                assert not any("*" in action for action in actions), (name, actions)
                if statement["Resource"] == "*":
                    assert all(action.startswith("xray:") for action in actions), (name, actions)


def test_the_function_that_classifies_reads_releases_and_writes_none(resources: dict[str, Any]) -> None:
    variables = resources["ClassifyFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["FROND_MODELS_BUCKET"] == {"Ref": "ModelsBucket"}
    (policy,) = [
        policy["PolicyDocument"]["Statement"]
        for policy in resources["ClassifyRole"]["Properties"]["Policies"]
        if policy["PolicyName"] == "models"
    ]
    assert {statement["Action"] for statement in policy} == {"s3:GetObject", "s3:ListBucket"}
    assert references(policy) == {"ModelsBucket"}


def test_the_registrys_bucket_is_versioned_and_does_not_expire(resources: dict[str, Any]) -> None:
    bucket = resources["ModelsBucket"]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all("ExpirationInDays" not in rule for rule in bucket["LifecycleConfiguration"]["Rules"])


def test_a_queues_visibility_timeout_is_six_times_its_functions_timeout(resources: dict[str, Any]) -> None:
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        function = resources[mapping["FunctionName"]["Ref"]]["Properties"]
        queue = resources[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        window = mapping["MaximumBatchingWindowInSeconds"]
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_every_queue_has_a_dead_letter_queue_with_an_alarm(resources: dict[str, Any]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    letters = {
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in queues.values()
        if "RedrivePolicy" in queue
    }
    watched = {
        name
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        for name in references(alarm.get("Dimensions", []))
        if alarm["AlarmActions"]
    }
    assert len(letters) == 2
    assert letters == watched == {name for name in queues if "RedrivePolicy" not in queues[name]}
    # The retention of a dead-letter queue counts from the first sending, so it must be longer.
    for queue in queues.values():
        if "RedrivePolicy" in queue:
            target = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
            assert target["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


def test_every_mapping_has_a_maximum_concurrency(resources: dict[str, Any]) -> None:
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        assert mapping["ScalingConfig"]["MaximumConcurrency"]


def test_the_defaults_fit_a_new_account(template: Template, resources: dict[str, Any]) -> None:
    defaults = {name: each.get("Default") for name, each in template.document["Parameters"].items()}
    functions = of_type(resources, "AWS::Lambda::Function")
    for name, function in functions.items():
        # A new account has 3,008 MB and ten concurrent executions, too few to reserve any.
        assert defaults[function["MemorySize"]["Ref"]] <= 3008, name
        assert "ReservedConcurrentExecutions" not in function, name
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    at_once = [defaults[mapping["ScalingConfig"]["MaximumConcurrency"]["Ref"]] for mapping in mappings]
    # The queues leave some executions to the API: a throttled batch counts as an attempt.
    assert len(at_once) == 2
    assert sum(at_once) <= 7


def test_the_cost_alarm_sums_the_metrics_of_every_function(resources: dict[str, Any]) -> None:
    alarm = resources["CostAlarm"]["Properties"]
    total, *parts = alarm["Metrics"]
    assert (total["Expression"], total["ReturnData"]) == ("SUM(METRICS())", True)
    watched = set()
    for part in parts:
        assert not part["ReturnData"]
        statistic, metric = part["MetricStat"], part["MetricStat"]["Metric"]
        assert (statistic["Period"], statistic["Stat"]) == (86400, "Sum")
        assert (metric["Namespace"], metric["MetricName"]) == ("Frond", "PhotosCost")
        (dimension,) = metric["Dimensions"]
        assert dimension["Name"] == "service"
        watched.add(dimension["Value"])
    functions = of_type(resources, "AWS::Lambda::Function").values()
    assert watched == {
        function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for function in functions
    }
    assert alarm["Threshold"] == {"Ref": "DailyComputeCost"}
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm["TreatMissingData"] == "notBreaching"


def test_a_budget_needs_an_email_address_and_an_amount(template: Template, resources: dict[str, Any]) -> None:
    budget = resources["Budget"]
    assert budget["Condition"] == "HasBudget"
    assert template.document["Conditions"][budget["Condition"]] == {
        "Fn::And": [
            {"Condition": "HasAlarmEmail"},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, 0]}]},
        ]
    }
    limit = budget["Properties"]["Budget"]
    assert limit["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"}
    # Without a filter: a cost allocation tag that is not activated would match no costs.
    assert (limit["BudgetType"], limit["TimeUnit"]) == ("COST", "MONTHLY")
    assert not {"CostFilters", "FilterExpression"} & limit.keys()
    notifications = budget["Properties"]["NotificationsWithSubscribers"]
    assert {each["Notification"]["NotificationType"] for each in notifications} == {"ACTUAL", "FORECASTED"}
    assert all(
        each["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmEmail"}}]
        for each in notifications
    )


def test_bucket_notifications_have_no_loop(resources: dict[str, Any]) -> None:
    notified = {
        name: {
            queue
            for target in bucket.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
            for queue in references(target["Queue"])
        }
        for name, bucket in of_type(resources, "AWS::S3::Bucket").items()
    }
    assert notified == {
        "UploadsBucket": {"UploadsQueue"},
        "PicturesBucket": {"PicturesQueue"},
        "ResultsBucket": set(),
        "ModelsBucket": set(),
    }


def test_a_queue_accepts_messages_from_its_bucket_only(resources: dict[str, Any]) -> None:
    for name, policy in of_type(resources, "AWS::SQS::QueuePolicy").items():
        (statement,) = policy["PolicyDocument"]["Statement"]
        source = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
        assert source.split(":::")[1].split("-")[1] == name.removesuffix("QueuePolicy").lower()


def test_every_queue_is_encrypted(resources: dict[str, Any]) -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(resources, "AWS::SQS::Queue").values())


def test_every_function_logs_where_its_retention_is_set(resources: dict[str, Any]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["RetentionInDays"], name
        assert function["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}


def test_every_output_has_a_description(template: Template) -> None:
    assert all(output["Description"] for output in template.document["Outputs"].values())
