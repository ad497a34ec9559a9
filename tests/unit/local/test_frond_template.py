"""Check the project's template after its translation to CloudFormation."""

import json
from typing import Any

import pytest

from frond import problems
from frond.image_bounds import MEMORY
from frond.media_types import ALIASES, PHOTO_TYPES
from frond.pricing import DOLLARS_PER_GB_SECOND
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


def serving(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the functions that photos reach: all but the check at a deployment."""
    functions = of_type(resources, "AWS::Lambda::Function")
    return {name: each for name, each in functions.items() if name != "GoldenCheckFunction"}


def test_only_the_page_its_contract_and_health_need_no_key(template: Template) -> None:
    # The limits refer to parameters, which only CloudFormation resolves.
    unlimited: dict[str, list[Any]] = {"MethodSettings": []}
    stack = DeployedStack(
        {name: item["Properties"] | unlimited for name, item in template.document["Resources"].items()}, {}
    )
    routes = rest_api(template, stack).routes
    open_to_all = {(route.resource, route.method) for route in routes if not route.key_required}
    # CORS preflight requests carry no key.
    assert open_to_all == {(resource, "ANY") for resource in OPEN} | {
        OF_DOCS,
        (OF_DOCS[0], "HEAD"),
        ("/{proxy+}", "OPTIONS"),
    }
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
    assert {method for _, method in limits} == documented | {"HEAD"}
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
        if name == "GatewayLogRole":  # API Gateway takes no role without AWS's policy
            continue
        assert "ManagedPolicyArns" not in role, name
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = (
                    [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                )
                assert not any("*" in action for action in actions), (name, actions)
                assert statement["Resource"] != "*", (name, actions)


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


def test_a_queues_visibility_timeout_is_six_times_its_functions_timeout(
    template: Template, resources: dict[str, Any]
) -> None:
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        function = resources[template.function_of(mapping["FunctionName"]["Ref"])]["Properties"]
        queue = resources[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
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
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
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
    for name, function in serving(resources).items():
        # A new account has 3,008 MB and ten concurrent executions, too few to reserve any.
        assert defaults[function["MemorySize"]["Ref"]] <= 3008, name
        assert "ReservedConcurrentExecutions" not in function, name
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    at_once = [defaults[mapping["ScalingConfig"]["MaximumConcurrency"]["Ref"]] for mapping in mappings]
    # The queues leave some executions to the API: a throttled batch counts as an attempt.
    assert len(at_once) == 2
    assert sum(at_once) <= 7


def test_the_cost_alarm_counts_every_call_and_every_request(resources: dict[str, Any]) -> None:
    alarm = resources["CostAlarm"]["Properties"]
    total, *parts = alarm["Metrics"]
    expression = total["Expression"]["Fn::Sub"]
    watched = set()
    for part in parts:
        statistic, metric = part["MetricStat"], part["MetricStat"]["Metric"]
        assert not part["ReturnData"]
        assert (statistic["Period"], statistic["Stat"]) == (86400, "Sum")
        # A metric without values would leave the sum without one.
        assert f"FILL({part['Id']}, 0)" in expression
        watched |= {(metric["MetricName"], name) for name in references(metric["Dimensions"])}
    functions = serving(resources)
    # Lambda's own durations: those of calls that read no photo, too.
    assert {("Duration", name) for name in functions} <= watched
    assert "Count" in {metric for metric, _ in watched}
    assert {function["MemorySize"]["Ref"] for function in functions.values()} <= references(
        total["Expression"]
    )
    assert f"{DOLLARS_PER_GB_SECOND['x86_64']:.10f}" in expression
    assert alarm["Threshold"] == {"Ref": "DailyComputeCost"}


def test_every_alarm_has_an_entry_in_the_runbook_and_sends_emails(resources: dict[str, Any]) -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert f"(docs/runbook.md, {name})" in alarm["AlarmDescription"]
        assert f"### {name}\n" in runbook
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_the_metrics_of_an_alarm_are_those_of_its_stack(resources: dict[str, Any]) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        metrics = [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", []) if "MetricStat" in part]
        for metric in metrics or [alarm]:
            if metric["Namespace"] == "Frond":
                assert {"Name": "stack", "Value": {"Ref": "AWS::StackName"}} in metric["Dimensions"], name
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["FROND_STACK"] == {"Ref": "AWS::StackName"}


def test_every_memory_size_holds_the_largest_photo(template: Template, resources: dict[str, Any]) -> None:
    process = 170_000_000  # the most that a function needed for a photo of 12 megapixels (docs/15-cost.md)
    for function in serving(resources).values():
        parameter = template.document["Parameters"][function["MemorySize"]["Ref"]]
        assert parameter["MinValue"] * 1024**2 >= MEMORY + process


def test_the_stage_logs_what_the_gateway_answers_without_keys_and_queries(resources: dict[str, Any]) -> None:
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"request_id", "status", "integration_error", "key_id", "latency_ms"} <= line.keys()
    assert not {"$context.identity.apiKey", "$context.path", "$context.identity.sourceIp"} & {*line.values()}
    (group,) = references(stage["AccessLogSetting"]["DestinationArn"])
    assert resources[group]["Properties"]["RetentionInDays"]
    (api,) = (each for each in resources.values() if each["Type"] == "AWS::ApiGateway::RestApi")
    assert api["DependsOn"] == "GatewayAccount"


def test_the_budget_covers_the_account_in_a_template_of_its_own(resources: dict[str, Any]) -> None:
    assert not any(each["Type"].startswith("AWS::Budgets::") for each in resources.values())
    ((_, budget),) = read(ROOT / "budget.yaml").document["Resources"].items()
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


def test_a_queue_accepts_messages_from_buckets_of_its_account_only(resources: dict[str, Any]) -> None:
    allowed = {
        name: [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
        for name, policy in of_type(resources, "AWS::SQS::QueuePolicy").items()
    }
    assert {name for name, statements in allowed.items() if statements} == {
        "UploadsQueuePolicy",
        "PicturesQueuePolicy",
    }
    for statement in (each for statements in allowed.values() for each in statements):
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert statement["Principal"] == {"Service": "s3.amazonaws.com"}


def test_every_queue_and_topic_speaks_tls_only(resources: dict[str, Any]) -> None:
    guarded = set()
    for kind, member in (("SQS::QueuePolicy", "Queues"), ("SNS::TopicPolicy", "Topics")):
        for policy in of_type(resources, f"AWS::{kind}").values():
            (deny,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
            assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert references(deny["Resource"]) == references(policy[member])
            guarded |= references(policy[member])
    assert guarded == {*of_type(resources, "AWS::SQS::Queue"), *of_type(resources, "AWS::SNS::Topic")}


def test_a_stack_can_be_created_again_while_the_data_of_the_deleted_one_remain(
    resources: dict[str, Any],
) -> None:
    retained = {
        name: resource
        for name, resource in resources.items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
        or "Retain" in resource.get("UpdateReplacePolicy", "")
    }
    data = ("AWS::S3::Bucket", "AWS::DynamoDB::Table")
    # The account's role for API Gateway's logs stays, too: it is not the stack's alone.
    account = {"GatewayLogRole", "GatewayAccount"}
    assert retained.keys() == account | {
        name for name, resource in resources.items() if resource["Type"] in data
    }
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in runbook for name in retained)
    for name, resource in retained.items():
        # A name of its own would collide with the retained resource's.
        assert not {"BucketName", "TableName", "RoleName"} & resource["Properties"].keys(), name


def test_every_queue_is_encrypted(resources: dict[str, Any]) -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(resources, "AWS::SQS::Queue").values())


def test_every_function_logs_where_its_retention_is_set(resources: dict[str, Any]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["RetentionInDays"], name
        assert function["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}


def test_every_output_has_a_description(template: Template) -> None:
    assert all(output["Description"] for output in template.document["Outputs"].values())
