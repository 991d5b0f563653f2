using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R27: a bundle endpoint that shows a SPIFFE identity (https_spiffe), judged by the bundle and by nothing else.</summary>
public sealed class BundleEndpointTests : IDisposable
{
    private const string EndpointId = "spiffe://prod.example/spire/server";

    private readonly FakeClock _clock = new();
    private readonly TestDomain _domain;
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker").FullName;
    private byte[] _published;
    private int _asked;

    public BundleEndpointTests()
    {
        _domain = new TestDomain("prod.example", _clock);
        _published = _domain.Bundle();
        File.WriteAllBytes(Path.Combine(_folder, "first"), _published);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_endpoint_is_believed_by_its_SPIFFE_identity()
    {
        await using var server = await ServeAsync(Shown());
        var attestation = Attestation(server);
        _ = await attestation.ProvenAsync(_domain.Svid());
        _ = await attestation.ProvenAsync(_domain.Token());
        Assert.Equal(1, _asked);
    }

    public static TheoryData<string> Wrong => ["another path", "another domain", "another authority", "self-signed", "client only", "expired", "two names", "no first bundle"];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task R27_whoever_else_answers_is_not_even_asked(string what)
    {
        var other = new TestDomain("prod.example", _clock);
        var wish = new CertificateWish { Uris = [EndpointId] };
        var (by, shown) = what switch
        {
            "another path" => (_domain.Root, wish with { Uris = ["spiffe://prod.example/shop/checkout"] }),
            "another domain" => (_domain.Root, wish with { Uris = ["spiffe://test.example/spire/server"] }),
            "another authority" => (other.Root, wish),
            "self-signed" => (TestSigner.Root("CN=self", _clock), wish),
            "client only" => (_domain.Root, wish with { ExtendedUses = [SvidForm.ClientUse] }),
            "expired" => (_domain.Root, wish with { Begins = -60, Ends = -1 }),
            "two names" => (_domain.Root, wish with { Uris = [EndpointId, "spiffe://prod.example/other"] }),
            _ => (_domain.Root, wish),
        };
        if (what == "no first bundle") File.Delete(Path.Combine(_folder, "first"));
        await using var server = await ServeAsync(by.Issue(shown));
        await Attestation(server).RefusesAsync(_domain.Svid(), ReasonCodes.EvidenceKeysUnavailable);
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task A_root_that_the_last_bundle_announced_may_sign_for_the_endpoint_next()
    {
        var next = TestSigner.Root("CN=next", _clock);
        _published = _domain.Bundle(2, TestDomain.RootEntry(next.Certificate));
        await using var first = await ServeAsync(Shown());
        var attestation = Attestation(first);
        _ = await attestation.ProvenAsync(_domain.Token());
        var address = new Uri(Address(first));
        await first.StopAsync();

        await using var second = await ServeAsync(next.Issue(new CertificateWish { Uris = [EndpointId] }), address.Port);
        _clock.Advance(TimeSpan.FromMinutes(10));
        _ = await attestation.ProvenAsync(_domain.Token());
        Assert.Equal(2, _asked);
    }

    private X509Certificate2 Shown() => _domain.Root.Issue(new CertificateWish { Uris = [EndpointId] });

    private async Task<WebApplication> ServeAsync(X509Certificate2 shown, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            // Not the shorter way, which refuses to show what only clients may.
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = shown }),
        })));
        var server = builder.Build();
        server.Run(async context =>
        {
            _asked++;
            await context.Response.Body.WriteAsync(_published);
        });
        await server.StartAsync();
        return server;
    }

    private static string Address(WebApplication server) => server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    private WorkloadAttestation Attestation(WebApplication server) => WorkloadSources.Build(
        new Dictionary<string, WorkloadSourceOptions>
        {
            ["prod"] = new()
            {
                Kind = "spiffe", Audience = TestDomain.Audience, JwksUrl = Address(server), AllowLoopback = true, Environments = ["prod"],
                Owners = new Owners("team-platform", "team-security", "team-sre"),
                Spiffe = new SpiffeSourceOptions { TrustDomain = "prod.example", EndpointId = EndpointId, FirstBundleFile = Path.Combine(_folder, "first") },
            },
        },
        AttestationBench.Own, new TokenReader(_clock), _clock, NullLogger<KeySource>.Instance);
}
