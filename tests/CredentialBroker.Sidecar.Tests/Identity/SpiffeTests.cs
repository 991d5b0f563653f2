using CredentialBroker.Sidecar.Identity;
using CredentialBroker.Sidecar.Identity.Spiffe;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Identity;

/// <summary>The Workload API's own framing and messages, with an agent that refuses what its specification does not have.</summary>
public sealed class SpiffeTests : IAsyncLifetime
{
    private const string Checkout = "spiffe://prod.example/shop/checkout";
    private const string Other = "spiffe://prod.example/shop/other";
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-spiffe-").FullName;
    private readonly SpiffeAuthority _authority = new();
    private SpiffeAgent _agent = null!;

    private string Socket => Path.Combine(_folder, "agent.sock");

    public async Task InitializeAsync()
    {
        _agent = await SpiffeAgent.StartAsync(Socket);
        _agent.Rotate(Checkout, _authority.Issue(Checkout), _authority.Between);
        _agent.Identities.Add((Other, _authority.Issue(Other), null));
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(null, Checkout)]
    [InlineData(Other, Other)]
    public async Task A_JWT_SVID_is_asked_for_each_time_for_the_broker_and_for_the_identity_that_is_wanted(string? wanted, string got)
    {
        var identity = new JwtSvid(new WorkloadApi(Socket), "credbroker", wanted);
        Assert.Equal(_agent.Token(got, "credbroker"), Assert.IsType<Proof.Token>(await identity.ProveAsync(default)).Text);
        _agent.Token = (_, _) => "another.token.now";
        Assert.Equal("another.token.now", Assert.IsType<Proof.Token>(await identity.ProveAsync(default)).Text);
        Assert.Empty(_agent.Undocumented);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_X509_SVID_comes_with_its_key_and_chain_and_what_the_agent_rotated_is_used_next(bool rsa)
    {
        var identity = new X509Svid(new WorkloadApi(Socket), Checkout);
        string before;
        using (var first = Assert.IsType<Proof.Certificate>(await identity.ProveAsync(default)).Leaf) before = first.Thumbprint;
        var next = _authority.Issue(Checkout, rsa);
        _agent.Rotate(Checkout, next, _authority.Between);
        var proof = Assert.IsType<Proof.Certificate>(await identity.ProveAsync(default));
        Assert.Equal(next.Thumbprint, proof.Leaf.Thumbprint);
        Assert.NotEqual(before, proof.Leaf.Thumbprint);
        Assert.True(proof.Leaf.HasPrivateKey);
        Assert.Equal(_authority.Between.Thumbprint, Assert.Single(proof.Chain).Thumbprint);
        // What was asked for was heard; nothing is left open at the agent.
        for (var i = 0; _agent.Open > 0; i++)
        {
            Assert.True(i < 500, $"{_agent.Open} streams stay open");
            await Task.Delay(10);
        }

        Assert.Empty(_agent.Undocumented);
    }

    [Fact]
    public async Task An_identity_that_the_agent_does_not_give_is_told_to_be_missing() =>
        Assert.Contains("spiffe://prod.example/none", (await RefusedAsync(new X509Svid(new WorkloadApi(Socket), "spiffe://prod.example/none"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(SpiffeAgent.PermissionDenied, false, "PERMISSION_DENIED")]
    [InlineData(SpiffeAgent.PermissionDenied, true, "PERMISSION_DENIED")]
    [InlineData(SpiffeAgent.Unavailable, false, "UNAVAILABLE")]
    [InlineData(SpiffeAgent.Unavailable, true, "UNAVAILABLE")]
    [InlineData(13, false, "gRPC status 13")]
    public async Task A_refusal_is_told_as_what_it_is(int status, bool headersOnly, string told)
    {
        (_agent.Status, _agent.HeadersOnly) = (status, headersOnly);
        Assert.Contains(told, (await RefusedAsync(new X509Svid(new WorkloadApi(Socket), null))).Message, StringComparison.Ordinal);
        Assert.Contains(told, (await RefusedAsync(new JwtSvid(new WorkloadApi(Socket), "credbroker", null))).Message, StringComparison.Ordinal);
        // It may be otherwise the next time.
        _agent.Status = SpiffeAgent.Ok;
        Assert.NotNull(await new JwtSvid(new WorkloadApi(Socket), "credbroker", null).ProveAsync(default));
    }

    public static TheoryData<byte[]> Garbage => new(
        [],
        [0, 0, 0],
        SpiffeAgent.Framed([], length: 100),
        SpiffeAgent.Framed([], length: 2 * 1024 * 1024),
        SpiffeAgent.Framed([], length: -1),
        SpiffeAgent.Framed([1, 2, 3], flag: 1),
        SpiffeAgent.Framed([0x0A, 0x7F, 1]),
        SpiffeAgent.Framed([0x0B]),
        SpiffeAgent.Framed([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        SpiffeAgent.Framed([]),
        SpiffeAgent.Framed(SpiffeAgent.Message(output => SpiffeAgent.Member(output, 1, []))),
        SpiffeAgent.Framed(SpiffeAgent.Message(output => SpiffeAgent.Member(output, 1, SpiffeAgent.Message(svid => SpiffeAgent.Member(svid, 2, [0x30, 3, 1, 2, 3]))))));

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task What_is_no_answer_is_no_identity(byte[] garbage)
    {
        _agent.Garbage = garbage;
        await RefusedAsync(new X509Svid(new WorkloadApi(Socket), null));
        await RefusedAsync(new JwtSvid(new WorkloadApi(Socket), "credbroker", null));
    }

    [Fact]
    public async Task A_key_that_is_not_the_certificates_is_none()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var leaf = _authority.Issue(Checkout);
        _agent.Garbage = SpiffeAgent.Framed(SpiffeAgent.Message(output => SpiffeAgent.Member(output, 1, SpiffeAgent.Message(svid =>
        {
            SpiffeAgent.Member(svid, 2, leaf.RawData);
            SpiffeAgent.Member(svid, 3, key.ExportPkcs8PrivateKey());
        }))));
        await RefusedAsync(new X509Svid(new WorkloadApi(Socket), null));
    }

    [Fact]
    public async Task Whatever_else_listens_there_is_no_agent()
    {
        _agent.ContentType = "text/html";
        await RefusedAsync(new JwtSvid(new WorkloadApi(Socket), "credbroker", null));
        await RefusedAsync(new JwtSvid(new WorkloadApi(Path.Combine(_folder, "none.sock")), "credbroker", null));
    }

    [Theory]
    [InlineData("unix:///run/spire/agent.sock", "/run/spire/agent.sock")]
    [InlineData("unix:/run/spire/agent.sock", "/run/spire/agent.sock")]
    [InlineData("tcp://127.0.0.1:8080", null)]
    [InlineData("unix://host/run/agent.sock", null)]
    [InlineData("unix:///run/agent.sock?x=1", null)]
    [InlineData("/run/agent.sock", null)]
    [InlineData("unix:///", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void An_endpoint_is_a_unix_socket(string? text, string? path) => Assert.Equal(path, WorkloadApi.PathOf(text));

    private static Task<IdentityException> RefusedAsync(IIdentity identity) => Assert.ThrowsAsync<IdentityException>(() => identity.ProveAsync(default));
}
