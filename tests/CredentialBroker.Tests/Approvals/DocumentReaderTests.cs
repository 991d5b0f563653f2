using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Approvals.Intake;

namespace CredentialBroker.Approvals;

public sealed class DocumentReaderTests
{
    [Fact]
    public void Every_member_is_read()
    {
        var document = Assert.IsType<ApprovalDocument.Approved>(Assert.IsType<Parsed.As>(Read(Documents.Approved("run-1"))).Document);
        Assert.Equal("run-1", document.Reference);
        Assert.Equal(["orders-read"], document.Templates);
        Assert.Equal("uid-1", document.Facts["serviceAccountUid"]);
        Assert.Equal(["read"], document.Intent!.Scopes!);
        Assert.Equal("eu", document.Intent.Parameters!["region"]);
        Assert.Equal(2, document.MaxUses);
        Assert.Equal("alice", document.Requester);
    }

    [Theory]
    [InlineData("""{"effect":"withdrawn","ref":"r"}""")]
    [InlineData("""{"effect":"denied","ref":"r"}""")]
    [InlineData("""{"effect":"task_finished","task":"t"}""")]
    public void An_end_needs_one_name(string json) => Assert.IsType<Parsed.As>(Read(JsonNode.Parse(json)!));

    [Theory]
    [InlineData("""{"effect":"withdrawn","ref":"r","task":"t"}""", "member that does not belong there: task")]
    [InlineData("""{"effect":"withdrawn"}""", "approval.ref is missing")]
    [InlineData("""{"effect":"task_finished","ref":"r","task":"t"}""", "does not belong there: ref")]
    [InlineData("""{"effect":"Approved","ref":"r"}""", "approval.effect")]
    [InlineData("""{"ref":"r"}""", "approval.effect")]
    [InlineData("""{"effect":"withdrawn","ref":"a\nb"}""", "approval.ref")]
    [InlineData("""{"effect":"withdrawn","ref":"a\u202eb"}""", "approval.ref")]
    [InlineData("""{"effect":"withdrawn","ref":"a\u0000"}""", "approval.ref")]
    [InlineData("""{"effect":"withdrawn","ref":""}""", "approval.ref")]
    [InlineData("""{"effect":"withdrawn","ref":7}""", "approval.ref")]
    [InlineData("""{"effect":"withdrawn","ref":"r","ref":"r"}""", "twice")]
    [InlineData("""{"effect":"withdrawn","ref":"r","a\nb":1}""", "a member that does not belong there")]
    [InlineData("[]", "approval is no object")]
    public void What_makes_no_sense_is_refused(string json, string detail)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Contains(detail, Assert.IsType<Parsed.Malformed>(DocumentReader.Read(document.RootElement)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_pair_is_a_character() =>
        Assert.IsType<Parsed.As>(Read(JsonNode.Parse("""{"effect":"withdrawn","ref":"\ud83d\ude00 \\ud800"}""")!));

    [Theory]
    [InlineData("environment", null)]
    [InlineData("templates", null)]
    [InlineData("templates", "[]")]
    [InlineData("templates", """["a","a"]""")]
    [InlineData("templates", """["Orders"]""")]
    [InlineData("templates", """["a*"]""")]
    [InlineData("templates", """[["a"]]""")]
    [InlineData("workload", null)]
    [InlineData("workload", "\"checkout\"")]
    [InlineData("workload", "\"k8s://prod-eu/shop/*\"")]
    [InlineData("workload", "\"http://prod-eu/shop\"")]
    [InlineData("workload", "\"k8s://prod eu/shop\"")]
    [InlineData("tier", null)]
    [InlineData("tier", "\"sovereign\"")]
    [InlineData("maxUses", "0")]
    [InlineData("maxUses", "1001")]
    [InlineData("maxUses", "1.5")]
    [InlineData("maxUses", "\"1\"")]
    [InlineData("claimBy", "-1")]
    [InlineData("validUntil", "9223372036854775807")]
    [InlineData("facts", """{"a":1}""")]
    [InlineData("facts", """{"a":"x\u0007"}""")]
    [InlineData("facts", "[]")]
    [InlineData("intent", """{"scopes":["read"],"policy":"allow"}""")]
    [InlineData("intent", "\"read\"")]
    [InlineData("approvers", "\"bob\"")]
    [InlineData("requester", "null")]
    [InlineData("extra", "1")]
    public void A_bad_member_is_named(string member, string? json)
    {
        var approval = Documents.Approved("run-1");
        approval.Remove(member);
        if (json is not null) approval[member] = JsonNode.Parse(json);
        Assert.Contains(member, Assert.IsType<Parsed.Malformed>(Read(approval)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_sixteen_facts_are_refused()
    {
        var approval = Documents.Approved("run-1");
        approval["facts"] = new JsonObject(Enumerable.Range(0, 17).Select(i => KeyValuePair.Create<string, JsonNode?>($"f{i}", "v")));
        Assert.IsType<Parsed.Malformed>(Read(approval));
    }

    private static Parsed Read(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return DocumentReader.Read(document.RootElement);
    }
}
