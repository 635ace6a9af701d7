"""Reachability Analyzer's paths and analyses: made, shown, found, taken away. What they say is `test_explain`'s matter."""

import pytest

from calls import filters, nobodys, refused, tags


@pytest.fixture
def pair(vpc):
    subnet, group = vpc.subnet(), vpc.group("tcp 80 from 10.0.0.0/16")
    return [it.interface for it in vpc.run(2, subnet, group)]


@pytest.fixture
def path(ec2, pair):
    source, destination = pair
    asked = {"Source": source, "Destination": destination, "Protocol": "tcp", "DestinationPort": 80}
    made = ec2.create_network_insights_path(**asked, TagSpecifications=tags("network-insights-path", team="x"))["NetworkInsightsPath"]
    assert asked.items() <= made.items() and made["Tags"] == [{"Key": "team", "Value": "x"}]
    yield made["NetworkInsightsPathId"]
    if ec2.describe_network_insights_paths(Filters=filters(source=source))["NetworkInsightsPaths"]:
        ec2.delete_network_insights_path(NetworkInsightsPathId=made["NetworkInsightsPathId"])


def test_a_path_lasts_as_long_as_an_analysis_of_it(ec2, path):
    analysis = ec2.start_network_insights_analysis(NetworkInsightsPathId=path, TagSpecifications=tags("network-insights-analysis", team="y"))["NetworkInsightsAnalysis"]
    id = analysis["NetworkInsightsAnalysisId"]
    assert analysis["NetworkPathFound"] and analysis["Tags"] == [{"Key": "team", "Value": "y"}]
    for asked in ({"NetworkInsightsAnalysisIds": [id]}, {"NetworkInsightsPathId": path}, {"Filters": filters(path_found="true", status="succeeded")}):
        assert analysis in ec2.describe_network_insights_analyses(**asked)["NetworkInsightsAnalyses"]
    refused("AnalysisExistsForNetworkInsightsPath", ec2.delete_network_insights_path, NetworkInsightsPathId=path)
    ec2.delete_network_insights_analysis(NetworkInsightsAnalysisId=id)
    refused("InvalidNetworkInsightsAnalysisId.NotFound", ec2.delete_network_insights_analysis, NetworkInsightsAnalysisId=id)
    refused("InvalidNetworkInsightsAnalysisId.NotFound", ec2.describe_network_insights_analyses, NetworkInsightsAnalysisIds=[id])
    ec2.delete_network_insights_path(NetworkInsightsPathId=path)
    refused("InvalidNetworkInsightsPathId.NotFound", ec2.delete_network_insights_path, NetworkInsightsPathId=path)
    refused("InvalidNetworkInsightsPathId.NotFound", ec2.start_network_insights_analysis, NetworkInsightsPathId=path)


def test_a_path_that_makes_no_sense_is_refused(ec2, pair):
    source, destination = pair
    create = ec2.create_network_insights_path
    refused("InvalidNetworkInterfaceID.NotFound", create, Source=nobodys("eni"), Destination=destination, Protocol="tcp")
    refused("MissingParameter", create, Source=source, Protocol="tcp")
    refused("UnsupportedOperation", create, Source=nobodys("vpce"), Destination=destination, Protocol="tcp")
    refused("InvalidParameterValue", create, Source=source, Destination=destination, Protocol="tcp", DestinationPort=65536)
