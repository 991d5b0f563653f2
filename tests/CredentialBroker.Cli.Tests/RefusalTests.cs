using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Tests;

/// <summary>Exit codes, the one line that explains them, and what must not be sent at all.</summary>
public sealed class RefusalTests : CliTest
{
    [Theory]
    [InlineData(400, ReasonCodes.RequestMalformed, 1)]
    [InlineData(401, ReasonCodes.OperatorUnknown, 3)]
    [InlineData(403, ReasonCodes.NoApproval, 3)]
    [InlineData(404, ReasonCodes.LeaseUnknown, 1)]
    [InlineData(409, ReasonCodes.ClaimInProgress, 3)]
    [InlineData(422, ReasonCodes.Invalid, 1)]
    [InlineData(422, ReasonCodes.IdempotencyMismatch, 3)]
    [InlineData(425, ReasonCodes.ApprovalNotConfirmed, 3)]
    [InlineData(429, ReasonCodes.Overloaded, 4)]
    [InlineData(500, "internal", 1)]
    [InlineData(503, ReasonCodes.StoreUnavailable, 4)]
    public async Task Each_refusal_has_its_exit_code(int status, string code, int exit)
    {
        Broker.Refuse("POST /v1/leases", The.Problem(status, code) with { Decision = "d1", Clause = "c1" });
        var ran = await RunAsync("lease", "claim", "orders-read");
        Assert.Equal((exit, ""), (ran.Code, ran.Out));
        Assert.StartsWith($"credbroker: {code}: what happened (clause c1) (decision d1)", ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Deferred_is_not_granted()
    {
        Broker.Refuse("POST /v1/leases", The.Problem(202, "deferred"), retryAfter: "7");
        var ran = await RunAsync("lease", "claim", "orders-read");
        Assert.Equal((3, "credbroker: deferred: what happened; try again in 7 s\n"), (ran.Code, ran.Error));
    }

    [Fact]
    public async Task Answers_that_are_no_problem_are_told_by_their_status()
    {
        Broker.Next("GET /v1/leases", http => Contract.RawAsync(http, "text/html", "<h1>Bad Gateway</h1>", 502));
        Assert.Equal((1, "credbroker: http 502: the broker answered 502 Bad Gateway\n"), await CodeAndErrorAsync());
        Broker.Next("GET /v1/leases", http => Contract.RawAsync(http, "text/html", "busy", 503));
        Assert.Equal(4, (await CodeAndErrorAsync()).Code);
        Broker.Next("GET /v1/leases", http => Contract.RawAsync(http, "application/json", "{\"leases\":[],\"next\":null,\"surprise\":1}"));
        Assert.Contains("is the broker newer than this client?", (await CodeAndErrorAsync()).Error, StringComparison.Ordinal);
        Broker.Next("GET /v1/leases", http => Contract.RawAsync(http, "application/json", "null"));
        Assert.Equal(1, (await CodeAndErrorAsync()).Code);
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        Broker.Next("GET /v1/leases", http =>
        {
            http.Response.Redirect("https://elsewhere.example/v1/leases");
            return Task.CompletedTask;
        });
        var (code, error) = await CodeAndErrorAsync();
        Assert.Equal(1, code);
        Assert.Contains("redirects to https://elsewhere.example/v1/leases are not followed", error, StringComparison.Ordinal);
        Assert.Single(Broker.Requests);
    }

    [Fact]
    public async Task Answers_over_the_limit_are_refused()
    {
        Broker.Next("GET /v1/leases", http => Contract.RawAsync(http, "application/json", new string(' ', (8 * 1024 * 1024) + 1)));
        var (code, error) = await CodeAndErrorAsync();
        Assert.Equal(1, code);
        Assert.Contains("larger than 8388608 bytes", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreachable_is_4_and_names_the_address()
    {
        Environment["CREDBROKER_ADDR"] = "http://127.0.0.1:9";
        var (code, error) = await CodeAndErrorAsync();
        Assert.Equal(4, code);
        Assert.StartsWith("credbroker: unreachable: http://127.0.0.1:9/", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lease")]
    [InlineData("lease", "lsit")]
    [InlineData("lease", "show")]
    [InlineData("lease", "show", "")]
    [InlineData("lease", "show", "..")]
    [InlineData("lease", "show", "a", "b")]
    [InlineData("lease", "list", "--bogus")]
    [InlineData("lease", "list", "--limit", "0")]
    [InlineData("lease", "list", "--limit", "many")]
    [InlineData("lease", "list", "-s", "nodimension=1")]
    [InlineData("lease", "list", "-s", "")]
    [InlineData("lease", "list", "--addr", "ftp://broker")]
    [InlineData("lease", "list", "--addr", "https://user:pass@broker")]
    [InlineData("lease", "list", "--addr", "https://broker/prefix")]
    [InlineData("lease", "claim")]
    [InlineData("lease", "claim", "t", "--ttl", "soon")]
    [InlineData("lease", "claim", "t", "--param", "noequals")]
    [InlineData("lease", "claim", "t", "--param", "a=1", "--param", "a=2")]
    [InlineData("lease", "claim", "t", "--idempotency-key", "two words")]
    [InlineData("lease", "revoke", "x")]
    [InlineData("lease", "revoke", "x", "--reason", " ")]
    [InlineData("lease", "revoke", "x", "--reason", "r", "--wait", "-1s")]
    [InlineData("freeze", "--reason", "r")]
    [InlineData("freeze", "template=a", "--all", "--reason", "r")]
    [InlineData("freeze", "template=a")]
    [InlineData("hold", "--all", "--reason", "r", "--for", "1x")]
    [InlineData("explain", "-t", "a")]
    [InlineData("explain", "-t", "a", "--workload", "k8s://a/b/c")]
    [InlineData("explain", "-t", "a", "--workload", "k8s://a/b/c", "--instance", "i", "--evidence-file", "f")]
    [InlineData("template", "validate")]
    [InlineData("template", "validate", "-", "-")]
    [InlineData("audit", "tail", "-n", "-1")]
    [InlineData("bogus")]
    public async Task Mistakes_of_the_command_line_exit_2_and_send_nothing(params string[] args)
    {
        var ran = await RunAsync(args);
        Assert.Equal((2, ""), (ran.Code, ran.Out));
        Assert.NotEqual("", ran.Error);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Typing_errors_are_recognised()
    {
        Assert.Equal("credbroker: unknown argument 'lsit' (did you mean list?); see credbroker lease --help\n", (await RunAsync("lease", "lsit")).Error);
        Assert.Contains("(did you mean --reason?)", (await RunAsync("lease", "revoke", "x", "--raeson")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_no_file_of_arguments()
    {
        await SucceedAsync("task", "end", "@" + Write("args", "--json"));
        Assert.StartsWith("/v1/tasks/%40", Broker.Only.Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_never_travels_in_the_clear()
    {
        var ran = await RunAsync("lease", "list", "--addr", "http://broker.example:8200");
        Assert.Equal(2, ran.Code);
        Assert.Contains("https://", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(The.Token, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_open_to_others_is_warned_about_and_used()
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(PathOf("token"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        var ran = await SucceedAsync("lease", "list");
        Assert.Contains("chmod 600", ran.Error, StringComparison.Ordinal);
        Assert.Equal($"Bearer {The.Token}", Broker.Only.Headers.Authorization);
    }

    [Fact]
    public async Task A_private_token_file_is_used_without_a_word() => Assert.Equal("", (await SucceedAsync("lease", "list")).Error);

    [Fact]
    public async Task Options_win_over_the_environment_and_no_token_sends_none()
    {
        var address = Environment["CREDBROKER_ADDR"];
        Environment.Clear();
        Environment["CREDBROKER_ADDR"] = "http://127.0.0.1:9";
        await SucceedAsync("freezes", "--addr", address);
        Assert.Equal(0, Broker.Only.Headers.Authorization.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\ntokens")]
    public async Task A_token_file_must_hold_one_token(string text)
    {
        Assert.Equal(2, (await RunAsync("lease", "list", "--token-file", Write("bad", text))).Code);
        Assert.Equal(1, (await RunAsync("lease", "list", "--token-file", PathOf("missing"))).Code);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_over_https_instead_of_a_token()
    {
        using var server = SelfSigned("CN=localhost");
        using var client = SelfSigned("CN=ann");
        await using var broker = await StandIn.StartAsync(server);
        string? shown = null;
        broker.Next("GET /v1/freezes", http =>
        {
            shown = http.Connection.ClientCertificate?.Thumbprint;
            return Contract.JsonAsync(http, 200, new Protocol.Controls.ControlList([]), ProtocolJson.Default.ControlList);
        });
        Environment.Remove("CREDBROKER_TOKEN_FILE");
        Environment["CREDBROKER_CA_FILE"] = Write("ca.pem", server.ExportCertificatePem());
        Environment["CREDBROKER_CLIENT_CERT"] = Write("ann.pem", client.ExportCertificatePem());
        Environment["CREDBROKER_CLIENT_KEY"] = Write("ann.key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Assert.Equal("", (await SucceedAsync("freezes", "--addr", broker.Address.ToString())).Error);
        Assert.Equal((client.Thumbprint, 0), (shown, broker.Only.Headers.Authorization.Count));

        // In the clear nothing can be shown, and one file without the other is a mistake.
        Assert.Equal(2, (await RunAsync("freezes")).Code);
        Environment.Remove("CREDBROKER_CLIENT_KEY");
        Assert.Equal(2, (await RunAsync("freezes", "--addr", broker.Address.ToString())).Code);
        Assert.Equal(2, (await RunAsync("freezes", "--addr", broker.Address.ToString(), "--client-key", Write("bad.key", "none"))).Code);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Https_is_trusted_by_the_named_authority_only()
    {
        using var certificate = SelfSigned("CN=localhost");
        await using var broker = await StandIn.StartAsync(certificate);
        var address = broker.Address.ToString();
        await SucceedAsync("lease", "list", "--addr", address, "--ca-file", Write("ca.pem", certificate.ExportCertificatePem()));
        Assert.Empty(broker.Breaches);

        var stranger = await RunAsync("lease", "list", "--addr", address);
        Assert.Equal(4, stranger.Code);
        Assert.Contains("no trusted TLS connection", stranger.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("lease", "list", "--addr", address, "--ca-file", Write("empty.pem", "none"))).Code);
    }

    private static X509Certificate2 SelfSigned(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddMinutes(30));
    }

    private async Task<(int Code, string Error)> CodeAndErrorAsync()
    {
        var ran = await RunAsync("lease", "list");
        return (ran.Code, ran.Error);
    }
}
