using System.Net;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R27: a key URL that misbehaves gives no keys, and no address of this machine's own services is asked.</summary>
public sealed class KeyEndpointTests : IAsyncLifetime
{
    private readonly TestIssuer _issuer = new(new FakeClock());
    private readonly WebApplication _server;
    private int _redirected;

    public KeyEndpointTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapGet("/jwks", () => Results.Text(_issuer.Jwks(), "application/json"));
        _server.MapGet("/redirect", () => Results.Redirect("/target"));
        _server.MapGet("/target", () =>
        {
            _redirected++;
            return Results.Text(_issuer.Jwks());
        });
        _server.MapGet("/huge", () => Results.Text(_issuer.Jwks().PadRight(10 * 1024 * 1024)));
        _server.MapGet("/endless", EndlessAsync);
        _server.MapGet("/slow", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        _server.MapGet("/drip", DripAsync);
        _server.MapGet("/error", () => Results.Text(_issuer.Jwks(), statusCode: 500));
        _server.MapGet("/created", () => Results.Text(_issuer.Jwks(), statusCode: 201));
        _server.MapGet("/html", () => Results.Text("<html>sign in</html>", "text/html"));
    }

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Keys_come_from_the_configured_url()
    {
        using var http = KeyEndpoint.Client(allowLoopback: true);
        _ = await Attestation("/jwks", http).ProvenAsync(Token());
    }

    [Theory]
    [InlineData("/redirect")]
    [InlineData("/huge")]
    [InlineData("/endless")]
    [InlineData("/slow")]
    [InlineData("/drip")]
    [InlineData("/error")]
    [InlineData("/created")]
    [InlineData("/html")]
    [InlineData("/absent")]
    public async Task R27_an_answer_that_is_no_small_prompt_key_set_is_no_answer(string path)
    {
        using var http = KeyEndpoint.Client(allowLoopback: true);
        Assert.Equal(TimeSpan.FromSeconds(5), http.Timeout);
        http.Timeout = TimeSpan.FromMilliseconds(path is "/slow" or "/drip" ? 500 : 5000);
        await Attestation(path, http).RefusesAsync(Token(), ReasonCodes.EvidenceKeysUnavailable);
        Assert.Equal(0, _redirected);
    }

    [Fact]
    public async Task R27_loopback_is_not_asked_unless_the_source_says_so()
    {
        using var http = KeyEndpoint.Client(allowLoopback: false);
        await Attestation("/jwks", http).RefusesAsync(Token(), ReasonCodes.EvidenceKeysUnavailable);
    }

    [Theory]
    [InlineData("https://169.254.169.254/jwks")]
    [InlineData("https://[::ffff:169.254.169.254]/jwks")]
    [InlineData("https://[fe80::1]/jwks")]
    [InlineData("https://[fd00:ec2::254]/jwks")]
    [InlineData("https://0.0.0.0/jwks")]
    [InlineData("https://2852039166/jwks")]
    public async Task R27_a_metadata_address_is_refused_before_a_connection_is_made(string url)
    {
        using var http = KeyEndpoint.Client(allowLoopback: true);
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => new KeyEndpoint(new Uri(url), http).ReadAsync(CancellationToken.None));
        Assert.Contains("never asked for keys", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("169.254.169.254", false)]
    [InlineData("169.254.170.2", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("2002:a9fe:a9fe::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%1", false)]
    [InlineData("febf::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("::", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("10.0.0.1", true)]
    [InlineData("192.0.2.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("fd12::1", true)]
    public void R27_addresses_are_judged_however_they_are_spelled(string address, bool allowed) =>
        Assert.Equal(allowed, ReachableAddress.Allows(IPAddress.Parse(address), allowLoopback: false));

    private WorkloadAttestation Attestation(string path, HttpClient http)
    {
        var root = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return AttestationBench.Of("oidc", _issuer, KeySource.FromUrl("prod-eu", new Uri(root + path), http, _issuer.Clock, NullLogger<KeySource>.Instance));
    }

    private string Token() => _issuer.Sign(_issuer.Claims("build"));

    private static async Task EndlessAsync(HttpContext context)
    {
        var block = new byte[16 * 1024];
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(block, context.RequestAborted);
        }
    }

    private static async Task DripAsync(HttpContext context)
    {
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(" "u8.ToArray(), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, context.RequestAborted);
        }
    }
}
