using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Attestation;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14: a real handshake leaves the certificate and the rest of its chain where evidence looks for them.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestDomain _domain;
    private readonly WebApplication _server;

    public ClientCertificateTests()
    {
        _domain = new TestDomain("prod.example", _clock);
        var attestation = TestDomain.Attestation(_domain);
        var own = _domain.Root.Issue(new CertificateWish { Subject = "CN=localhost", DnsNames = ["localhost"] });
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = context => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificate = own,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, _, chain, _) =>
                {
                    // Copies, because the handshake's own are gone when this returns.
                    context.Connection.Features.Set(new X509Certificate2Collection((chain?.ChainPolicy.ExtraStore ?? []).Select(sent => X509CertificateLoader.LoadCertificate(sent.RawData)).ToArray()));
                    return true;
                },
            }),
        })));
        _server = builder.Build();
        _server.MapGet("/who", async (HttpContext http) => await attestation.AttestAsync(Evidence.Of(http, null), http.RequestAborted) switch
        {
            Attested.As proven => proven.Workload.Uri,
            Attested.Refused refused => refused.Code,
            _ => "",
        });
    }

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task R14_a_workload_is_proven_by_the_key_of_its_connection() => Assert.Equal(_domain.Id, await AskAsync(_domain.Svid()));

    [Fact]
    public async Task A_chain_that_was_not_sent_is_not_looked_for() => Assert.Equal("evidence_chain", await AskAsync(_domain.Svid() with { Chain = [] }));

    [Fact]
    public async Task A_connection_without_a_certificate_proves_nobody() => Assert.Equal("evidence_missing", await AskAsync(new Evidence(null)));

    [Fact]
    public async Task A_certificate_in_a_header_is_none()
    {
        var shown = Convert.ToBase64String(_domain.Svid().Certificate!.RawData);
        foreach (var header in (string[])["X-Client-Cert", "X-ARR-ClientCert", "X-Forwarded-Client-Cert", "Client-Cert"])
        {
            Assert.Equal("evidence_missing", await AskAsync(new Evidence(null), (header, shown)));
        }
    }

    private async Task<string> AskAsync(Evidence evidence, params (string Name, string Value)[] headers)
    {
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 { Subject: "CN=localhost" } } };
        if (evidence.Certificate is { } own)
        {
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(own, [.. evidence.Chain], offline: true);
        }

        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), "/who"));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }
}
