using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Cli.Tests;

/// <summary>Bulk revocation: previewed, done, watched, confirmed.</summary>
public sealed class RevocationCommandTests : CliTest
{
    [Fact]
    public async Task A_preview_says_what_dies_when_and_changes_nothing()
    {
        var ran = await SucceedAsync("revoke", "namespace=shop", "--dry-run");
        Assert.Contains("\"dryRun\":true", Broker.Only.Text, StringComparison.Ordinal);
        Assert.Contains("42      postgres/orders", ran.Out, StringComparison.Ordinal);
        Assert.Contains("k8s://prod-eu/shop/checkout", ran.Out, StringComparison.Ordinal);
        Assert.Contains("42 leases: 42 are expected to be refused within 2s of their end\nanother person will have to confirm it\nnothing was changed\n", ran.Error, StringComparison.Ordinal);
        Assert.Contains("\"sentence\":", (await SucceedAsync("revoke", "--all", "--dry-run", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revocation_is_watched_until_everything_is_dead()
    {
        var ending = The.Revocation with { State = RevocationView.Ending, Ended = 21, Remaining = 21, Failing = 2, FinishedAt = null, UsableUntil = The.Revocation.AskedAt.AddMinutes(5) };
        Broker.Next("POST /v1/revocations", 202, ending, ProtocolJson.Default.RevocationView);
        Broker.Next("GET /v1/revocations/06bq2wz7v1e8k3m5n9p0r4s6t8", 200, ending with { Ended = 40, Remaining = 2 }, ProtocolJson.Default.RevocationView);
        var ran = await SucceedAsync("revoke", "namespace=shop", "--freeze", "--reason", "INC-77");
        Assert.Equal("""{"selector":"namespace=shop","reason":"INC-77","freeze":true}""", Broker.Requests.First().Text.Replace(",\"dryRun\":false", "", StringComparison.Ordinal));
        Assert.Contains("[############............] 21 of 42 ended", ran.Error, StringComparison.Ordinal);
        Assert.Contains("all 42 leases have ended", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RevocationView.AwaitingConfirmation, "waits for another person: credbroker revocation confirm 06bq2wz7v1e8k3m5n9p0r4s6t8 t0ken")]
    [InlineData(RevocationView.Ending, "2 of 42 leases are not ended yet, 1 of them fail and are tried again; the last is dead by itself at")]
    public async Task What_is_not_dead_exits_with_five(string state, string says)
    {
        var view = The.Revocation with
        {
            State = state, Ended = 40, Remaining = 2, Failing = 1, FinishedAt = null, ConfirmToken = "t0ken", UsableUntil = The.Revocation.AskedAt.AddMinutes(5),
            Failures = [new RevocationFailure("l1", "postgres/orders", 3, "it did not answer", The.Revocation.AskedAt.AddMinutes(5))],
        };
        Broker.Next("POST /v1/revocations", 202, view, ProtocolJson.Default.RevocationView);
        var ran = await RunAsync("revoke", "--all", "--reason", "INC-77", "--wait", "0s");
        Assert.Equal(5, ran.Code);
        Assert.Contains(says, ran.Error, StringComparison.Ordinal);
        Assert.Contains("it did not answer", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_is_printed_as_it_comes_or_as_JSON()
    {
        Assert.Equal("# Revocation\n", (await SucceedAsync("revocation", "report", The.Revocation.Id)).Out);
        Assert.Contains("\"sentence\":", (await SucceedAsync("revocation", "report", The.Revocation.Id, "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Selectors_are_saved_listed_dropped_and_used_by_name()
    {
        Assert.Equal("@checkout\n", (await SucceedAsync("selector", "save", "checkout", "namespace=shop", "--note", "the shop")).Out);
        Assert.Contains("checkout  namespace=shop  ann", (await SucceedAsync("selector", "list")).Out, StringComparison.Ordinal);
        await SucceedAsync("lease", "list", "-s", "@checkout");
        Assert.Contains("selector=namespace%3Dshop&", Broker.Requests.Last().Target, StringComparison.Ordinal);
        await SucceedAsync("revoke", "@checkout", "--dry-run");
        Assert.Contains("\"selector\":\"namespace=shop\"", Broker.Requests.Last().Text, StringComparison.Ordinal);
        await SucceedAsync("freeze", "@checkout", "--reason", "x");
        Assert.Contains("\"selector\":\"namespace=shop\"", Broker.Requests.Last().Text, StringComparison.Ordinal);
        await SucceedAsync("selector", "drop", "checkout");
        Assert.Equal(2, (await RunAsync("selector", "save", "checkout", "colour=red")).Code);
    }

    [Fact]
    public async Task Logs_are_handed_in_piece_by_piece_also_packed_and_uses_are_shown()
    {
        var records = string.Join(',', Enumerable.Range(0, 1001).Select(i => $$"""{"eventID":"e-{{i}}"}"""));
        var packed = PathOf("trail.json.gz");
        await using (var gzip = new System.IO.Compression.GZipStream(File.Create(packed), System.IO.Compression.CompressionLevel.Fastest)) await gzip.WriteAsync(System.Text.Encoding.UTF8.GetBytes($$"""{"Records":[{{records}}]}"""));
        var ran = await SucceedAsync("uses", "hand-in", "cloudtrail", packed);
        Assert.Equal([1000, 1], Broker.Requests.Select(one => System.Text.Json.JsonDocument.Parse(one.Text).RootElement.GetProperty("Records").GetArrayLength()));
        Assert.Contains("taken      6", ran.Out, StringComparison.Ordinal);

        var lines = PathOf("postgresql.json");
        await File.WriteAllTextAsync(lines, string.Concat(Enumerable.Repeat(new string('x', 1024 * 1024) + "\n", 5)));
        Broker.Next("POST /v1/uses/postgres", 202, The.Receipt with { AfterEnd = 1 }, ProtocolJson.Default.UseReceipt);
        Assert.Equal(5, (await RunAsync("uses", "hand-in", "postgres", lines)).Code);
        Assert.Equal([4, 1], Broker.Requests.Skip(2).Select(one => one.Text.Count(c => c == '\n')));
        Assert.Equal(2, (await RunAsync("uses", "hand-in", "postgres", PathOf("none"))).Code);
        Assert.Contains("s3.amazonaws.com:GetObject  192.0.2.1  yes      yes", (await SucceedAsync("lease", "uses", The.Use.Lease)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("say which leases", "revoke", "--reason", "x")]
    [InlineData("say which leases", "revoke", "a=b", "--all", "--reason", "x")]
    [InlineData("say why: --reason", "revoke", "a=b")]
    public async Task What_is_not_said_is_asked_for(string says, params string[] args)
    {
        var ran = await RunAsync(args);
        Assert.Equal(2, ran.Code);
        Assert.Contains(says, ran.Error, StringComparison.Ordinal);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Revocations_are_listed_shown_confirmed_and_called_off()
    {
        Assert.Contains("namespace=shop", (await SucceedAsync("revocation", "list")).Out, StringComparison.Ordinal);
        Assert.Contains("42 taken, 42 ended", (await SucceedAsync("revocation", "show", The.Revocation.Id, "--watch")).Out, StringComparison.Ordinal);
        await SucceedAsync("revocation", "confirm", The.Revocation.Id, "t0ken");
        Assert.Equal("""{"token":"t0ken"}""", Broker.Requests.Last().Text);
        await SucceedAsync("revocation", "cancel", The.Revocation.Id);
        Assert.Equal("DELETE", Broker.Requests.Last().Method);
        Assert.Contains("\"revocations\": [", (await SucceedAsync("revocation", "list", "--json")).Out, StringComparison.Ordinal);
    }
}
