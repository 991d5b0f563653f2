using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Hosting;

public sealed class TlsTests : IDisposable
{
    private readonly PemPair _pair = new();
    private readonly Callers _callers = new();

    [Fact]
    public async Task Https_is_served_from_files_with_tls_1_2_and_1_3_and_follows_them()
    {
        await using var broker = await StartAsync();
        var address = new Uri(broker.Host.Address);
        Assert.Equal("https", address.Scheme);
        var first = _pair.Files.Read().TargetCertificate.Thumbprint;
        foreach (var version in new[] { SslProtocols.Tls12, SslProtocols.Tls13 }) Assert.Equal((version, first), await HandshakeAsync(address.Port, version));
#pragma warning disable SYSLIB0039, CA5397 // That the old versions are refused is what is tested.
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(address.Port, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397

        var second = _pair.Replace();
        File.SetLastWriteTimeUtc(_pair.Files.Key, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(1));
        var served = first;
        for (var i = 0; i < 600 && served != second; i++)
        {
            await Task.Delay(100);
            served = (await HandshakeAsync(address.Port, SslProtocols.Tls13)).Thumbprint;
        }

        Assert.Equal(second, served);
    }

    [Fact]
    public async Task R14_A_client_certificate_is_proven_by_the_handshake_and_by_nothing_else()
    {
        await using var broker = await StartAsync();
        using var certificate = PemPair.SelfSigned("workload");
        await AskAsync(broker, certificate);
        Assert.Equal(certificate.Thumbprint, _callers.Certificate);
        await AskAsync(broker, null);
        Assert.Null(_callers.Certificate);

        var pem = Uri.EscapeDataString(certificate.ExportCertificatePem());
        var der = Convert.ToBase64String(certificate.RawData);
        await AskAsync(broker, null, ("X-Forwarded-Client-Cert", $"Cert=\"{pem}\""), ("X-Client-Cert", pem), ("X-ARR-ClientCert", der), ("X-SSL-Client-Cert", pem), ("X-SSL-CERT", pem),
            ("Client-Cert", $":{der}:"), ("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-Proto", "http"), ("Forwarded", "for=10.1.2.3;proto=http"));
        Assert.Equal((null, IPAddress.Loopback, "https"), (_callers.Certificate, _callers.Address, _callers.Scheme));
        var claim = await AskAsync(broker, null, HttpMethod.Post, "/v1/leases", ("X-Forwarded-Client-Cert", $"Cert=\"{pem}\";URI=spiffe://prod.example/shop/checkout"), ("Idempotency-Key", "k"));
        Assert.Equal(HttpStatusCode.Unauthorized, claim);
    }

    public void Dispose() => _pair.Dispose();

    private Task<RunningBroker> StartAsync() => Brokers.StartAsync(change: configuration =>
    {
        var hosting = configuration["Hosting"]!;
        hosting["Listen"] = hosting["Listen"]!.GetValue<string>().Replace("http:", "https:", StringComparison.Ordinal);
        (hosting["CertificateFile"], hosting["KeyFile"]) = (_pair.Files.Certificate, _pair.Files.Key);
    }, services: services => services.AddSingleton<IStartupFilter>(_callers));

    private static Task<HttpStatusCode> AskAsync(RunningBroker broker, X509Certificate2? certificate, params (string, string)[] headers) =>
        AskAsync(broker, certificate, HttpMethod.Get, "/healthz/live", headers);

    private static async Task<HttpStatusCode> AskAsync(RunningBroker broker, X509Certificate2? certificate, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = IsTheBrokers;
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        using var http = new HttpClient(handler) { BaseAddress = new Uri(broker.Host.Address) };
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post) request.Content = new StringContent("""{"template":"token"}""", System.Text.Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<(SslProtocols Version, string Thumbprint)> HandshakeAsync(int port, SslProtocols version)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            EnabledSslProtocols = version,
            RemoteCertificateValidationCallback = IsTheBrokers,
        });
        return (tls.SslProtocol, X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData()).Thumbprint);
    }

    private static bool IsTheBrokers(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate?.Subject == "CN=broker";
}
