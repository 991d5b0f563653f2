using System.Buffers.Text;
using System.Text;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27: signed calls to AWS. What can be told without STS is refused without asking it.</summary>
public sealed class SignedCallTests : IAsyncLifetime
{
    private const string Prefix = "aws-call-v1.";

    private static readonly Dictionary<string, (string Code, Func<FakeClock, string> Forge)> Unasked = new()
    {
        ["host of an attacker"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts.eu-central-1.amazonaws.com", "https://sts.evil.example")),
        ["host of another service"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts.", "https://s3.")),
        ["host that begins as the right one"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "amazonaws.com/", "amazonaws.com.evil.example/")),
        ["host of another region"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts.eu-central-1", "https://sts.us-east-1")),
        ["host in another case"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts", "https://STS")),
        ["the global host"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts.eu-central-1.amazonaws.com", "https://sts.amazonaws.com")),
        ["link-local host"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts.eu-central-1.amazonaws.com", "https://169.254.169.254")),
        ["user before the host"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://sts", "https://evil.example@sts")),
        ["port"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "amazonaws.com/", "amazonaws.com:8443/")),
        ["backslash in the host"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://", "https:\\\\")),
        ["plain http"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "https://", "http://")),
        ["a path"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "/?", "/x?")),
        ["a second slash"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "/?", "//?")),
        ["a second query"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "/?Action=AssumeRole"),
        ["a fragment"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "#x"),
        ["another action"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "GetCallerIdentity", "AssumeRole")),
        ["another version"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "2011-06-15", "2011-06-16")),
        ["an action in another case"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "GetCallerIdentity", "getcalleridentity")),
        ["action twice"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "&Action=GetCallerIdentity"),
        ["action twice in another case"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "&action=AssumeRole"),
        ["action twice by percent"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "&%41ction=AssumeRole"),
        ["a parameter nobody knows"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "&RoleArn=x"),
        ["a parameter without value"] = (ReasonCodes.EvidenceMalformed, c => Url(c) + "&Format"),
        ["a value with an equals sign"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "X-Amz-Expires=60", "X-Amz-Expires=60=1")),
        ["no signature"] = (ReasonCodes.EvidenceMalformed, c => Url(c)[..Url(c).IndexOf("&X-Amz-Signature", StringComparison.Ordinal)]),
        ["a signature in upper case"] = (ReasonCodes.EvidenceMalformed, c => Signed(c, new string('A', 64))),
        ["a short signature"] = (ReasonCodes.EvidenceMalformed, c => Signed(c, new string('a', 63))),
        ["another algorithm"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
        ["the audience is not signed"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "host%3Bx-credbroker-audience", "host")),
        ["another header is signed too"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "host%3Bx-credbroker-audience", "accept%3Bhost%3Bx-credbroker-audience")),
        ["another broker's header is signed"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "x-credbroker-audience", "x-vault-aws-iam-server-id")),
        ["a user's own key"] = (ReasonCodes.EvidenceMalformed, c => StsStandIn.Url(c, keyId: "AKIAQWERTYUIOPASDFGH")),
        ["no session token"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2B%2FA0%3D%3D", "")),
        ["a session token with a line break"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "IQoJb3Jp", "IQoJ%0Ab3Jp")),
        ["scope of another service"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "%2Fsts%2F", "%2Fiam%2F")),
        ["scope of another day"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "%2F20260301%2F", "%2F20260302%2F")),
        ["scope with a region that is none"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "eu-central-1", "evil.example%23")),
        ["a date that is none"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "20260301", "20261301")),
        ["a date with a time zone"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "T120000Z", "T120000%2B0100")),
        ["an expiry of a day"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "X-Amz-Expires=60", "X-Amz-Expires=86400")),
        ["octets outside ASCII"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "GetCallerIdentity", "GetCallerIdentit\u0443")),
        ["a line break behind the host"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "amazonaws.com/", "amazonaws.com\r\nx: y/")),
        ["4 KiB"] = (ReasonCodes.EvidenceMalformed, c => Changed(c, "IQoJb3Jp", new string('A', 4096))),
        ["a region its source does not name"] = (ReasonCodes.EvidenceUntrustedIssuer, c => StsStandIn.Url(c, region: "us-east-1")),
        ["signed sixteen minutes ago"] = (ReasonCodes.EvidenceLifetime, c => StsStandIn.Url(new FakeClock(c.GetUtcNow().AddMinutes(-16)))),
        ["signed a minute from now"] = (ReasonCodes.EvidenceLifetime, c => StsStandIn.Url(new FakeClock(c.GetUtcNow().AddSeconds(31)))),
    };

    private static readonly Dictionary<string, (string Code, Action<StsStandIn> Change)> Answers = new()
    {
        ["a user"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn = "arn:aws:iam::123456789012:user/alice"),
        ["the root of the account"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn = "arn:aws:iam::123456789012:root"),
        ["a federated user"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn = "arn:aws:sts::123456789012:federated-user/alice"),
        ["a role that is no session"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn = "arn:aws:iam::123456789012:role/checkout"),
        ["a session of another account"] = (ReasonCodes.EvidenceClaims, s => (s.Account, s.CallerArn) = ("210987654321", StsStandIn.Arn.Replace("123456789012", "210987654321", StringComparison.Ordinal))),
        ["an ARN of another account than stated"] = (ReasonCodes.EvidenceClaims, s => s.Account = "210987654321"),
        ["an ARN with a slash more"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn += "/x"),
        ["an ARN with a line break"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn += "\n"),
        ["an ARN of another partition"] = (ReasonCodes.EvidenceClaims, s => s.CallerArn = s.CallerArn.Replace("arn:aws:", "arn:evil:", StringComparison.Ordinal)),
        ["a unique id of another session"] = (ReasonCodes.EvidenceClaims, s => s.UserId = "AROAQWERTYUIOPASDFGH:other"),
        ["a user's unique id"] = (ReasonCodes.EvidenceClaims, s => s.UserId = "AIDAQWERTYUIOPASDFGH:i-0123456789abcdef0"),
        ["500"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 500, "{}")),
        ["429"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 429, "{}")),
        ["XML, as CVE-2020-16250 had it"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, "<GetCallerIdentityResponse/>", "text/xml")),
        ["JSON that says it is XML"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, Honest, "text/xml")),
        ["a duplicate member"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, Honest.Replace("\"Account\"", "\"Arn\":\"x\",\"Account\"", StringComparison.Ordinal))),
        ["another member beside the response"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, Honest[..^1] + ",\"x\":1}")),
        ["the result not in its place"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, Honest.Replace("GetCallerIdentityResult", "Result", StringComparison.Ordinal))),
        ["an answer of 10 MB"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, Honest.PadRight(10 * 1024 * 1024))),
        ["an answer of 9 KiB"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Says(c, 200, Honest.PadRight(9 * 1024))),
        ["no answer"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Task.Delay(Timeout.Infinite, c.RequestAborted)),
        ["an aborted answer"] = (ReasonCodes.EvidenceCheckUnavailable, s => s.Instead = c => Aborted(c)),
    };

    private readonly FakeClock _clock = new();
    private StsStandIn _sts = null!;
    private HttpClient _http = null!;

    private const string Honest = """{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"123456789012","Arn":"arn:aws:sts::123456789012:assumed-role/checkout/s1","UserId":"AROAQWERTYUIOPASDFGH:s1"},"ResponseMetadata":{"RequestId":"1"}}}""";

    public static TheoryData<string> UnaskedNames => [.. Unasked.Keys];

    public static TheoryData<string> AnswerNames => [.. Answers.Keys];

    public async Task InitializeAsync()
    {
        _sts = await StsStandIn.StartAsync(_clock);
        _http = KeyEndpoint.Client(allowLoopback: true);
        _http.Timeout = TimeSpan.FromSeconds(2);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _sts.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(UnaskedNames))]
    public async Task R27_what_is_malformed_is_refused_without_asking_STS(string name)
    {
        await Attestation().RefusesAsync(Bearer(Unasked[name].Forge(_clock)), Unasked[name].Code);
        Assert.Equal(0, _sts.Asked);
    }

    [Theory]
    [InlineData("aws-call-v1.")]
    [InlineData("aws-call-v1.!")]
    [InlineData("aws-call-v1.aHR0cHM=")]
    [InlineData("aws-call-v1.aHR0cHM")]
    public async Task R27_what_is_no_call_at_all_is_refused_without_asking_STS(string bearer)
    {
        await Attestation().RefusesAsync(bearer, ReasonCodes.EvidenceMalformed);
        Assert.Equal(0, _sts.Asked);
    }

    [Theory]
    [MemberData(nameof(AnswerNames))]
    public async Task R27_STS_must_confirm_a_session_of_a_role_in_the_documented_form(string name)
    {
        Answers[name].Change(_sts);
        await Attestation().RefusesAsync(Bearer(Url(_clock)), Answers[name].Code);
        Assert.Equal(1, _sts.Asked);
    }

    [Fact]
    public async Task R14_a_session_of_a_role_is_proven()
    {
        var workload = await Attestation().ProvenAsync(Bearer(Url(_clock)));
        Assert.Equal(("legacy", "aws-call", "aws://123456789012/role/checkout", StsStandIn.Arn, "AROAQWERTYUIOPASDFGH", 1), (workload.Source, workload.Kind, workload.Uri, workload.Subject, workload.Instance, workload.Strength));
        Assert.Equal("i-0123456789abcdef0", workload.Attributes["session"]);
        Assert.Equal((_clock.Seconds + 900) * 1000, workload.EvidenceExpiresAt);
        Assert.Equal(EvidenceReuse.Never, workload.Reuse);
        Assert.Equal(1, _sts.Asked);
    }

    [Fact]
    public async Task Sessions_are_instances_where_the_source_says_so() =>
        Assert.Equal(_sts.UserId, (await Attestation(sessions: true).ProvenAsync(Bearer(Url(_clock)))).Instance);

    [Fact]
    public async Task R27_a_call_signed_for_another_broker_or_with_another_key_is_not_confirmed()
    {
        await Attestation().RefusesAsync(Bearer(StsStandIn.Url(_clock, audience: "credbroker/test")), ReasonCodes.EvidenceSignature);
        await Attestation().RefusesAsync(Bearer(StsStandIn.Url(_clock, secret: "other")), ReasonCodes.EvidenceSignature);
        await Attestation().RefusesAsync(Bearer(Signed(_clock, new string('a', 64))), ReasonCodes.EvidenceSignature);
    }

    [Fact]
    public async Task R27_a_redirect_is_not_followed()
    {
        _sts.Instead = context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        };
        await Attestation().RefusesAsync(Bearer(Url(_clock)), ReasonCodes.EvidenceCheckUnavailable);
        Assert.Equal(1, _sts.Asked);
    }

    [Fact]
    public async Task R27_the_same_call_in_another_order_is_the_same_evidence()
    {
        var url = Url(_clock);
        var turned = url[..(url.IndexOf('?', StringComparison.Ordinal) + 1)] + string.Join('&', url[(url.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&').Reverse());
        var attestation = Attestation();
        Assert.Equal((await attestation.ProvenAsync(Bearer(url))).EvidenceId, (await attestation.ProvenAsync(Bearer(turned.Replace("%2B", "%2b", StringComparison.Ordinal)))).EvidenceId);
    }

    [Fact]
    public async Task R27_only_so_many_calls_are_under_way()
    {
        using var gate = new SemaphoreSlim(0);
        _http.Dispose();
        _http = KeyEndpoint.Client(allowLoopback: true);
        _sts.Instead = async context =>
        {
            await gate.WaitAsync(context.RequestAborted);
            await Says(context, 200, Honest);
        };
        var attestation = Attestation();
        var waiting = Enumerable.Range(0, 16).Select(_ => attestation.AttestAsync(Evidence.OfBearer(Bearer(Url(_clock))), CancellationToken.None)).ToArray();
        await attestation.RefusesAsync(Bearer(Url(_clock)), ReasonCodes.EvidenceCheckUnavailable);
        gate.Release(16);
        Assert.All(await Task.WhenAll(waiting), attested => Assert.IsType<Attested.As>(attested));
    }

    [Fact]
    public async Task A_broker_without_such_a_source_takes_no_calls() => await AttestationBench
        .Of("oidc", new TestIssuer(_clock)).RefusesAsync(Bearer(Url(_clock)), ReasonCodes.EvidenceUntrustedIssuer);

    private WorkloadAttestation Attestation(bool sessions = false)
    {
        var options = new WorkloadSourceOptions
        {
            Kind = "aws-call", Audience = StsStandIn.Audience,
            Aws = new AwsSourceOptions { Accounts = ["123456789012"], Regions = ["eu-central-1", "eu-west-1"], SessionIsInstance = sessions },
        };
        var calls = new AwsCallSource("legacy", new AwsCallEvidence(), options, new StsCaller(_http, options.Audience, _sts.Address), _clock);
        return new WorkloadAttestation(new TokenSources([], AttestationBench.Own, new TokenReader(_clock)), new SvidSources([]), calls);
    }

    private static string Url(FakeClock clock) => StsStandIn.Url(clock);

    private static string Changed(FakeClock clock, string from, string to)
    {
        Assert.Contains(from, Url(clock), StringComparison.Ordinal);
        return Url(clock).Replace(from, to, StringComparison.Ordinal);
    }

    private static string Signed(FakeClock clock, string signature) => Url(clock)[..^64] + signature;

    private static string Bearer(string url) => Prefix + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(url));

    private static async Task Says(HttpContext context, int status, string body, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
    }

    private static Task Aborted(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
