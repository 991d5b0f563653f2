using System.Text.Json;
using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Cli.Tests;

public sealed class AuditTests : CliTest
{
    [Fact]
    public async Task Verify_of_a_whole_export_says_how_much_was_verified()
    {
        var lines = Chains.Of(3, 2, 4);
        Environment.Clear();
        var ran = await SucceedAsync("audit", "verify", Export(lines));
        Assert.Equal("9 records in 3 chains verified\n", ran.Out);
        Assert.Contains($"chain 3 record 3, hash {lines[^1].Hash}", ran.Error, StringComparison.Ordinal);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Verify_reads_stdin_and_the_broker_alike()
    {
        Input = Chains.Ndjson(Chains.Of(1)).TrimEnd('\n');
        Assert.Equal("1 record in 1 chain verified\n", (await SucceedAsync("audit", "verify", "-")).Out);
        Assert.Equal("5 records in 2 chains verified\n", (await SucceedAsync("audit", "verify")).Out);
        Assert.Equal("/v1/audit/export", Broker.Only.Target);
        Assert.Contains("\"records\": 5", (await SucceedAsync("audit", "verify", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public Task Verify_names_a_flipped_record() => BreaksAsync(lines => lines[1] = lines[1] with { Body = lines[1].Body.Replace("ttl", "tt1", StringComparison.Ordinal) }, "chain 1 record 1: its hash");

    [Fact]
    public Task Verify_names_a_flipped_hash() => BreaksAsync(lines => lines[2] = lines[2] with { Hash = lines[2].Hash.Replace(lines[2].Hash[0], lines[2].Hash[0] == '0' ? '1' : '0') }, "chain 1 record 2: its hash");

    [Fact]
    public Task Verify_names_a_deleted_record() => BreaksAsync(lines => lines.RemoveAt(1), "chain 1 record 1: missing");

    [Fact]
    public Task Verify_names_a_deleted_beginning() => BreaksAsync(lines => lines.RemoveAt(0), "chain 1 record 1: the chain does not begin with record 0");

    [Fact]
    public Task Verify_names_the_record_cut_off_the_end_of_a_chain() => BreaksAsync(lines => lines.RemoveAt(2), "chain 1 record 2: missing at the end of its chain");

    [Fact]
    public Task Verify_names_reordered_records() => BreaksAsync(lines => (lines[1], lines[2]) = (lines[2], lines[1]), "chain 1 record 1: missing (next is 2)");

    [Fact]
    public Task Verify_names_a_repeated_record() => BreaksAsync(lines => lines.Insert(2, lines[1]), "chain 1 record 1: stands after record 1");

    [Fact]
    public Task Verify_names_reordered_chains() => BreaksAsync(lines => lines.Reverse(), "chain 2 record 1: the chain does not begin");

    [Fact]
    public Task Verify_names_a_chain_that_was_written_anew() => BreaksAsync(lines =>
    {
        var second = lines.Where(l => l.Chain == 2).ToList();
        lines.Clear();
        Chains.Append(lines, 1, [Chains.Genesis(1, null), Chains.Record(1, 1), Chains.Record(1, 2, "forged")]);
        lines.AddRange(second);
    }, "chain 1 record 2: is not the one that chain 2 was begun after");

    [Theory]
    [InlineData("[]")]
    [InlineData("no json")]
    [InlineData("""{"chain":{"chain":"one"}}""")]
    [InlineData("""{"chain":{"chain":1,"predecessor":3}}""")]
    public Task Verify_names_a_chain_without_a_genesis(string body) => BreaksAsync(lines =>
    {
        lines.Clear();
        Chains.Append(lines, 1, [body]);
    }, "chain 1 record 0: is the first of its chain but does not name a chain");

    [Fact]
    public async Task Verify_names_the_line_that_is_no_record()
    {
        var text = Chains.Ndjson(Chains.Of(3));
        var ran = await RunAsync("audit", "verify", Write("cut.ndjson", text[..^40]));
        Assert.Equal((1, ""), (ran.Code, ran.Out));
        Assert.Contains("line 3: is not an audit record", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_of_nothing_is_no_success()
    {
        var ran = await RunAsync("audit", "verify", Write("empty.ndjson", "\n"));
        Assert.Equal((1, "credbroker: there are no records to verify\n"), (ran.Code, ran.Error));
    }

    [Fact]
    public async Task Verify_as_json_carries_the_problem()
    {
        var lines = Chains.Of(3);
        lines.RemoveAt(1);
        var ran = await RunAsync("audit", "verify", Export(lines), "--json");
        Assert.Equal(1, ran.Code);
        Assert.Contains("record 1: missing", JsonSerializer.Deserialize(ran.Out, ProtocolJson.Default.ChainVerdict)!.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_writes_what_verify_accepts()
    {
        var file = PathOf("audit.ndjson");
        var ran = await SucceedAsync("audit", "export", "--output", file);
        Assert.Equal(("", "5 records\n"), (ran.Out, ran.Error));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal("5 records in 2 chains verified\n", (await SucceedAsync("audit", "verify", file)).Out);
        Assert.Equal(await File.ReadAllTextAsync(file), (await SucceedAsync("audit", "export")).Out);
    }

    [Fact]
    public async Task Export_without_a_checkpoint_at_its_end_is_not_whole()
    {
        Broker.Next("GET /v1/audit/export", http => Contract.NdjsonAsync(http, Chains.Ndjson(Chains.Of(3))));
        var ran = await RunAsync("audit", "export", "-o", PathOf("audit.ndjson"));
        Assert.Equal((1, false), (ran.Code, File.Exists(PathOf("audit.ndjson"))));
        Assert.Contains("does not end in a checkpoint", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_holds_an_export_against_key_and_checkpoint_kept_elsewhere()
    {
        var (lines, key) = (Chains.Of(3, 2), Write("evidence.vkey", (await SucceedAsync("audit", "key")).Out));
        var kept = Write("checkpoint", (await SucceedAsync("audit", "checkpoint")).Out);
        Environment.Clear();
        var ran = await SucceedAsync("audit", "verify", Write("whole.ndjson", Chains.Export(lines)), "--key", key, "--checkpoint", kept);
        Assert.Contains("agree with the checkpoint of 5 records, and its signature holds", ran.Error, StringComparison.Ordinal);

        var cut = await RunAsync("audit", "verify", Write("cut.ndjson", Chains.Export(lines[..4])), "--key", key, "--checkpoint", kept);
        Assert.Equal(1, cut.Code);
        Assert.Contains("position 4: missing: a checkpoint kept elsewhere covers 5 records", cut.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("audit", "verify", PathOf("whole.ndjson"), "--key", Write("bad.vkey", "no key"))).Code);
    }

    [Fact]
    public async Task Verify_reads_parts_in_order_and_a_folder_as_a_whole()
    {
        var text = Chains.Export(Chains.Of(3, 2)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Directory.CreateDirectory(PathOf("parts"));
        var first = Write("parts/audit-0000000000000000.ndjson", string.Join('\n', text[..2]) + "\n");
        var second = Write("parts/audit-0000000000000002.ndjson.partial", string.Join('\n', text[2..]) + "\n");
        Write("parts/other.txt", "nothing");
        Assert.Equal("5 records in 2 chains verified\n", (await SucceedAsync("audit", "verify", first, second)).Out);
        Assert.Equal("5 records in 2 chains verified\n", (await SucceedAsync("audit", "verify", PathOf("parts"))).Out);
        Assert.Equal(1, (await RunAsync("audit", "verify", second, first)).Code);
    }

    [Fact]
    public async Task A_bundle_is_fetched_as_it_is_and_verified_with_nothing_but_the_key()
    {
        var key = Write("evidence.vkey", (await SucceedAsync("audit", "key")).Out);
        var bundle = (await SucceedAsync("lease", "evidence", The.LeaseId)).Out;
        Environment.Clear();
        Assert.Equal("1 records verified, all in the checkpoint of 2 records\n", (await SucceedAsync("audit", "verify-bundle", Write("bundle.json", bundle), "--key", key)).Out);
        var ran = await RunAsync("audit", "verify-bundle", Write("forged.json", bundle.Replace("\\\"ann\\\"", "\\\"bob\\\"", StringComparison.Ordinal)), "--key", key);
        Assert.Equal(1, ran.Code);
        Assert.Contains("the bundle does not verify: records[0] (chain 1 record 1): its hash", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evidence_of_a_period_names_it_in_milliseconds()
    {
        await SucceedAsync("audit", "evidence", "--since", "2030-01-31T12:00:00Z", "--until", "2030-01-31T12:05:00Z");
        Assert.Equal($"/v1/audit/evidence?since={The.Noon.ToUnixTimeMilliseconds()}&until={The.Noon.AddMinutes(5).ToUnixTimeMilliseconds()}", Broker.Only.Target);
        Assert.Equal(2, (await RunAsync("audit", "evidence", "--since", "yesterday", "--until", "2030-01-31T12:05:00Z")).Code);
    }

    [Fact]
    public async Task Export_that_breaks_off_leaves_no_file()
    {
        Broker.Next("GET /v1/audit/export", async http =>
        {
            await Contract.NdjsonAsync(http, Chains.Ndjson(Chains.Of(3)));
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        var ran = await RunAsync("audit", "export", "-o", PathOf("audit.ndjson"));
        Assert.Equal(4, ran.Code);
        Assert.False(File.Exists(PathOf("audit.ndjson")));
    }

    [Fact]
    public async Task Export_reads_records_larger_than_any_buffer()
    {
        var lines = new List<AuditLine>();
        Chains.Append(lines, 1, [Chains.Genesis(1, null), Chains.Record(1, 1, new string('x', 300_000)), Chains.Record(1, 2)]);
        Broker.Next("GET /v1/audit/export", http => Contract.NdjsonAsync(http, Chains.Ndjson(lines)));
        Assert.Equal("3 records in 1 chain verified\n", (await SucceedAsync("audit", "verify")).Out);
    }

    [Fact]
    public async Task Tail_is_a_line_to_a_record()
    {
        var ran = await SucceedAsync("audit", "tail", "-n", "5", "--stream", "issuance", "--lease", The.LeaseId, "--type", "credential.issued");
        Assert.Equal($"/v1/audit?stream=issuance&type=credential.issued&lease={The.LeaseId}&tail=5", Broker.Only.Target);
        var lines = ran.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Equal($"2030-01-31T12:00:01Z  issuance  credential.issued         {The.LeaseId}  ann  ttl  näher — 'quoted' \"", lines[1]);
    }

    [Fact]
    public async Task Tail_as_json_is_ndjson()
    {
        var ran = await SucceedAsync("audit", "tail", "--json");
        Assert.Equal(Chains.Ndjson(Chains.Of(3, 2)), ran.Out);
        Assert.Equal("/v1/audit?tail=20", Broker.Only.Target);
    }

    [Fact]
    public async Task Tail_follows_without_repeating_and_without_what_came_before()
    {
        var all = Chains.Of(5);
        Broker.Next("GET /v1/audit", http => Contract.NdjsonAsync(http, Chains.Ndjson(all[1..3])));
        Broker.Next("GET /v1/audit", http => Contract.NdjsonAsync(http, Chains.Ndjson(all[1..4])));
        Broker.Next("GET /v1/audit", http => Contract.NdjsonAsync(http, Chains.Ndjson(all[1..5])));
        Broker.Refuse("GET /v1/audit", The.Problem(403, ReasonCodes.OperatorForbidden));
        var ran = await RunAsync("audit", "tail", "-n", "2", "--follow", "--interval", "1ms", "--json");
        Assert.Equal(3, ran.Code);
        Assert.Equal(Chains.Ndjson(all[1..]), ran.Out);
        Assert.Equal(["/v1/audit?tail=2", $"/v1/audit?since={Chains.At(1, 1)}"], Broker.Requests.Select(r => r.Target).Take(2));
    }

    private string Export(List<AuditLine> lines) => Write("export.ndjson", Chains.Ndjson(lines));

    private async Task BreaksAsync(Action<List<AuditLine>> tamper, string problem)
    {
        var lines = Chains.Of(3, 2);
        tamper(lines);
        var ran = await RunAsync("audit", "verify", Export(lines));
        Assert.Equal((1, ""), (ran.Code, ran.Out));
        Assert.StartsWith($"credbroker: audit records do not verify: {problem}", ran.Error, StringComparison.Ordinal);
    }
}
