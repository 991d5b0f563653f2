using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Cli.Tests;

public sealed class LeaseTests : CliTest
{
    private const string Path = $"/v1/leases/{The.LeaseId}";

    [Fact]
    public async Task Claim_prints_the_credential_alone_on_stdout()
    {
        var ran = await SucceedAsync("lease", "claim", "orders-read", "--ttl", "5m", "--scope", "read", "--scope", "count", "--param", "region=eu=1", "--nonce", "n1", "--purpose", "CHG-1", "--idempotency-key", "k-1");
        Assert.Equal("{\n  \"username\": \"cb-lease\",\n  \"password\": \"s3cret\"\n}\n", ran.Out);
        Assert.Contains($"lease {The.LeaseId} ends 2030-01-31T12:15:00Z (ttl)", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", ran.Error, StringComparison.Ordinal);
        var claim = Broker.Only.Read(ProtocolJson.Default.ClaimRequest);
        Assert.Equal(("orders-read", "5m", "n1", "CHG-1"), (claim.Template, claim.Ttl, claim.Nonce, claim.Intent!.Purpose));
        Assert.Equal(["read", "count"], claim.Intent.Scopes!);
        Assert.Equal("eu=1", claim.Intent.Parameters!["region"]);
        Assert.Equal("k-1", Broker.Only.Headers["Idempotency-Key"]);
        Assert.Equal($"Bearer {The.Token}", Broker.Only.Headers.Authorization);
    }

    [Fact]
    public async Task Claim_makes_a_key_of_its_own_and_asks_for_no_more_than_was_said()
    {
        await SucceedAsync("lease", "claim", "orders-read");
        await SucceedAsync("lease", "claim", "orders-read");
        var keys = Broker.Requests.Select(r => r.Headers["Idempotency-Key"].ToString()).ToList();
        Assert.All(keys, key => Assert.True(Ids.IsWellFormed(key)));
        Assert.Equal(2, keys.Distinct().Count());
        Assert.All(Broker.Requests, r => Assert.Equal("""{"template":"orders-read"}""", r.Text));
    }

    [Fact]
    public async Task Claim_as_json_is_the_whole_answer()
    {
        var ran = await SucceedAsync("lease", "claim", "orders-read", "--json");
        Assert.Contains("\"credential\": {", ran.Out, StringComparison.Ordinal);
        Assert.Contains($"\"id\": \"{The.LeaseId}\"", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claim_that_was_granted_before_is_a_fault_that_says_what_to_do()
    {
        Broker.Next("POST /v1/leases", 200, new LeaseAnswer(The.Lease, null, Replayed: true), ProtocolJson.Default.LeaseAnswer);
        var ran = await RunAsync("lease", "claim", "orders-read", "--idempotency-key", "k");
        Assert.Equal((1, ""), (ran.Code, ran.Out));
        Assert.Contains($"credbroker lease revoke {The.LeaseId}", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claim_and_renew_bring_a_signing_request_and_nothing_else_of_its_file()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var file = Write("client.csr", "Certificate Request:\n    a tool's words\n" + pem);
        await SucceedAsync("lease", "claim", "mesh-client", "--csr", file);
        Assert.Equal(pem, Broker.Requests.Last().Read(ProtocolJson.Default.ClaimRequest).Csr);
        await SucceedAsync("lease", "renew", The.LeaseId, "--csr", file);
        Assert.Equal(pem, Broker.Requests.Last().Read(ProtocolJson.Default.RenewRequest).Csr);
        Input = pem.Replace("BEGIN ", "BEGIN NEW ", StringComparison.Ordinal).Replace("END ", "END NEW ", StringComparison.Ordinal);
        await SucceedAsync("lease", "claim", "mesh-client", "--csr", "-");
        Assert.Equal(pem, Broker.Requests.Last().Read(ProtocolJson.Default.ClaimRequest).Csr);
    }

    [Fact]
    public async Task A_private_key_named_as_signing_request_is_not_sent()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var text in new[] { key.ExportPkcs8PrivateKeyPem(), "", "no request" })
        {
            var ran = await RunAsync("lease", "claim", "mesh-client", "--csr", Write("client.key", text));
            Assert.Equal(2, ran.Code);
            Assert.Contains("holds no PEM signing request", ran.Error, StringComparison.Ordinal);
        }

        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Claim_without_evidence_is_a_usage_error()
    {
        Environment.Remove("CREDBROKER_TOKEN_FILE");
        var ran = await RunAsync("lease", "claim", "orders-read");
        Assert.Equal(2, ran.Code);
        Assert.Contains("--token-file", ran.Error, StringComparison.Ordinal);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Claim_that_got_no_answer_names_its_key()
    {
        Broker.Next("POST /v1/leases", http =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        var ran = await RunAsync("lease", "claim", "orders-read");
        Assert.Equal(4, ran.Code);
        Assert.Contains($"--idempotency-key {Broker.Only.Headers["Idempotency-Key"]}", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_walks_the_pages_until_the_limit()
    {
        Broker.Next("GET /v1/leases", 200, new LeasePage([The.Lease], "b1"), ProtocolJson.Default.LeasePage);
        Broker.Next("GET /v1/leases", 200, new LeasePage([The.Ended], "b2"), ProtocolJson.Default.LeasePage);
        var ran = await SucceedAsync("lease", "list", "-s", "template=orders-read,environment in (prod,test)", "--ended", "--limit", "2");
        Assert.Equal(
        [
            "/v1/leases?selector=template%3Dorders-read%2Cenvironment%20in%20%28prod%2Ctest%29&ended=true&count=2",
            "/v1/leases?selector=template%3Dorders-read%2Cenvironment%20in%20%28prod%2Ctest%29&ended=true&before=b1&count=1",
        ], Broker.Requests.Select(r => r.Target));
        Assert.Contains("raise --limit", ran.Error, StringComparison.Ordinal);
        Assert.Equal(3, ran.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task List_is_an_aligned_table_with_a_header()
    {
        var lines = (await SucceedAsync("lease", "list")).Out.Split('\n');
        Assert.StartsWith("LEASE ", lines[0], StringComparison.Ordinal);
        Assert.Equal(lines[0].IndexOf("TEMPLATE", StringComparison.Ordinal), lines[1].IndexOf("orders-read", StringComparison.Ordinal));
        Assert.EndsWith("Principal", lines[1], StringComparison.Ordinal);
        Assert.Equal("/v1/leases?ended=false&count=500", Broker.Only.Target);
    }

    [Fact]
    public async Task List_is_cut_only_on_a_terminal()
    {
        Width = 40;
        var lines = (await SucceedAsync("lease", "list")).Out.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Equal(40, line.Length));
        Assert.All(lines, line => Assert.EndsWith("…", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task List_as_json_reads_back()
    {
        var ran = await SucceedAsync("lease", "list", "--json");
        var page = System.Text.Json.JsonSerializer.Deserialize(ran.Out, ProtocolJson.Default.LeasePage)!;
        Assert.Equal(The.Lease, Assert.Single(page.Leases));
    }

    [Fact]
    public async Task Text_of_a_target_cannot_move_the_cursor()
    {
        Broker.Next("GET " + Path, 200, The.Lease with { LastError = "\u001b[2Jgone\r\nnew line" }, ProtocolJson.Default.LeaseView);
        var ran = await SucceedAsync("lease", "show", The.LeaseId);
        Assert.DoesNotContain('\u001b', ran.Out);
        Assert.Contains("last error        [2Jgone  new line\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_tells_what_ending_means()
    {
        var ran = await SucceedAsync("lease", "show", The.LeaseId);
        Assert.Contains("revocability     Principal\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("dead by itself   2030-01-31T12:16:00Z\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal(Path, Broker.Only.Target);
        Assert.Contains("\"diesBy\":", (await SucceedAsync("lease", "show", The.LeaseId, "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renew_prints_a_credential_only_where_there_is_a_new_one()
    {
        Assert.Equal("", (await SucceedAsync("lease", "renew", The.LeaseId, "--ttl", "10m")).Out);
        Assert.Equal("""{"ttl":"10m"}""", Broker.Only.Text);
        Broker.Next($"POST {Path}/renew", 200, Contract.Granted(), ProtocolJson.Default.LeaseAnswer);
        Assert.Contains("s3cret", (await SucceedAsync("lease", "renew", The.LeaseId)).Out, StringComparison.Ordinal);
        Assert.Contains("\"lease\": {", (await SucceedAsync("lease", "renew", The.LeaseId, "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_returns_when_the_end_has_begun()
    {
        var ran = await SucceedAsync("lease", "revoke", The.LeaseId, "--reason", "seen in a log & elsewhere");
        Assert.Equal($"{Path}?reason=seen%20in%20a%20log%20%26%20elsewhere", Broker.Only.Target);
        Assert.Contains("is ending; its credential is dead at 2030-01-31T12:16:00Z at the latest", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_says_when_nothing_but_expiry_ends_it()
    {
        Broker.Next("DELETE " + Path, 202, The.Ending with { Revocability = Revocability.ExpiryOnly }, ProtocolJson.Default.LeaseView);
        Assert.Contains("nothing ends its credential before its own expiry", (await SucceedAsync("lease", "revoke", The.LeaseId, "--reason", "r")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_with_wait_returns_when_it_is_dead()
    {
        Broker.Next("GET " + Path, 200, The.Ending, ProtocolJson.Default.LeaseView);
        Broker.Next("GET " + Path, http =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        Broker.Next("GET " + Path, 200, The.Ended, ProtocolJson.Default.LeaseView);
        var ran = await SucceedAsync("lease", "revoke", The.LeaseId, "--reason", "r", "--wait", "30s", "--json");
        Assert.Contains("\"state\": \"ended\"", ran.Out, StringComparison.Ordinal);
        Assert.Equal(4, Broker.Requests.Count);
    }

    [Fact]
    public async Task Revoke_with_wait_exits_5_when_it_is_not_dead_in_time()
    {
        for (var i = 0; i < 20; i++) Broker.Next("GET " + Path, 200, The.Ending with { Stuck = true, LastError = "no route" }, ProtocolJson.Default.LeaseView);
        var ran = await RunAsync("lease", "revoke", The.LeaseId, "--reason", "r", "--wait", "300ms");
        Assert.Equal(5, ran.Code);
        Assert.Contains("no route", ran.Error, StringComparison.Ordinal);
        Assert.Contains("ending (stuck)", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_with_wait_asks_no_more_when_it_was_dead_already()
    {
        Broker.Next("DELETE " + Path, 202, The.Ended, ProtocolJson.Default.LeaseView);
        await SucceedAsync("lease", "revoke", The.LeaseId, "--reason", "r", "--wait", "30s");
        Assert.Single(Broker.Requests);
    }

    [Theory]
    [InlineData("pipelines/4711", "/v1/tasks/pipelines%2F4711/end")]
    [InlineData("a b?c#d%2F/../é", "/v1/tasks/a%20b%3Fc%23d%252F%2F..%2F%C3%A9/end")]
    public async Task Task_end_carries_any_name_as_one_segment(string task, string target)
    {
        var ran = await SucceedAsync("task", "end", task);
        Assert.Equal(target, Broker.Only.Target);
        Assert.Equal($"task               {task}\nleases now ending  2\n", ran.Out);
        Assert.Contains("\"leases\": 2", (await SucceedAsync("task", "end", task, "--json")).Out, StringComparison.Ordinal);
    }
}
