using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Tests.Revocation;

/// <summary>Certificates and their revocation list, judged by programs that know nothing of the broker.</summary>
[Collection("postgres")]
public sealed class RevocationListTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-crl-").FullName;

    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_certificate_of_an_ended_lease_is_refused_by_openssl_and_by_the_platform_and_no_other_is(string store)
    {
        await using var broker = await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, Standards.Configure);
        var scene = broker.Scene;
        await scene.ActivateAsync(Standards.Certificate());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "certificate"));
        var kept = await ClaimAsync(scene, pod);
        var ended = await ClaimAsync(scene, pod);
        Assert.Equal("Condition", ended.GetProperty("lease").GetProperty("revocability").GetString());
        Assert.Contains(": OK", await VerifyAsync(scene, ended), StringComparison.Ordinal);
        var before = await NumberAsync(scene);
        Assert.Equal(before, await NumberAsync(scene));

        // Of a renewed lease both certificates end.
        var lease = ended.GetProperty("lease").GetProperty("id").GetString()!;
        var renewed = (await scene.RenewAsync(scene.Token(pod), lease)).Json;
        Assert.Equal(HttpStatusCode.Accepted, (await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", scene.Token(pod))).Status);
        Assert.Contains("certificate revoked", await VerifyAsync(scene, ended), StringComparison.Ordinal);
        Assert.Contains("certificate revoked", await VerifyAsync(scene, renewed), StringComparison.Ordinal);
        Assert.Contains(": OK", await VerifyAsync(scene, kept), StringComparison.Ordinal);
        Assert.True(await NumberAsync(scene) > before);
        await scene.LeaseUntilAsync(lease, "ended");
        Assert.Contains("certificate revoked", await VerifyAsync(scene, ended), StringComparison.Ordinal);

        // The platform's chain finds the list by itself, by the address in the certificate.
        Assert.True(Chain(kept, out var sound), sound);
        Assert.False(Chain(ended, out var why));
        Assert.Contains("Revoked", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_checks_the_list_lets_curl_in_until_the_lease_ends()
    {
        await using var broker = await Brokers.StartAsync(null, Standards.Configure);
        var scene = broker.Scene;
        await scene.ActivateAsync(Standards.Certificate());
        await scene.ActivateAsync(Standards.Certificate("server", "server", "localhost"));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "certificate"));
        await scene.ApproveAsync(scene.ApprovalOf(pod, "server"));
        var (server, client) = (await ClaimAsync(scene, pod, "server"), await ClaimAsync(scene, pod));
        await using var app = await ServeAsync(server, scene);
        var address = app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        var (cert, key, ca) = (Write("client.pem", Of(client, "certificate")), Write("client.key", Of(client, "privateKey")), Write("ca.pem", await AuthorityAsync(scene)));
        Task<(int Code, string Output)> CurlAsync(params string[] more) => Tool.RunAsync("curl", ["-sS", "--noproxy", "*", "--cacert", ca, .. more, address]);

        Assert.Equal((0, "come in"), await CurlAsync("--cert", cert, "--key", key));
        Assert.NotEqual(0, (await CurlAsync()).Code);
        await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{client.GetProperty("lease").GetProperty("id").GetString()}", scene.Token(pod));
        Assert.NotEqual(0, (await CurlAsync("--cert", cert, "--key", key)).Code);
        // The server's own certificate is none for a client.
        Assert.NotEqual(0, (await CurlAsync("--cert", Write("server.pem", Of(server, "certificate")), "--key", Write("server.key", Of(server, "privateKey")))).Code);
    }

    [Fact]
    public async Task The_authority_is_the_same_after_a_restart_and_its_list_goes_on_counting()
    {
        using var folder = new SceneFolder();
        string authority;
        System.Numerics.BigInteger number;
        await using (var broker = await Brokers.StartAsync(change: Standards.Configure, beside: folder)) (authority, number) = (await AuthorityAsync(broker.Scene), await NumberAsync(broker.Scene));
        await using var again = await Brokers.StartAsync(change: Standards.Configure, beside: folder);
        Assert.Equal(authority, await AuthorityAsync(again.Scene));
        Assert.True(await NumberAsync(again.Scene) > number);
    }

    private static async Task<JsonElement> ClaimAsync(Scene scene, string pod, string template = "certificate")
    {
        var reply = await scene.ClaimAsync(scene.Token(pod), template);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json;
    }

    private static string Of(JsonElement answer, string member) => answer.GetProperty("credential").GetProperty(member).GetString()!;

    private static async Task<string> AuthorityAsync(Scene scene) => (await scene.SendAsync(HttpMethod.Get, "/ca/certificate", null)).Body;

    private static async Task<byte[]> ListAsync(JsonElement answer)
    {
        using var http = new HttpClient();
        return await http.GetByteArrayAsync(Of(answer, "crl"));
    }

    private static async Task<System.Numerics.BigInteger> NumberAsync(Scene scene)
    {
        using var http = new HttpClient();
        CertificateRevocationListBuilder.Load(await http.GetByteArrayAsync(new Uri(scene.Address, "/ca/crl")), out var number);
        return number;
    }

    private async Task<string> VerifyAsync(Scene scene, JsonElement answer)
    {
        var der = Path.Combine(_folder, "crl.der");
        await File.WriteAllBytesAsync(der, await ListAsync(answer));
        var list = Path.Combine(_folder, "crl.pem");
        Assert.Equal(0, (await Tool.RunAsync("openssl", "crl", "-inform", "DER", "-in", der, "-out", list)).Code);
        return (await Tool.RunAsync(
            "openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-crl_check", "-CAfile", Write("ca.pem", await AuthorityAsync(scene)), "-CRLfile", list, Write("leaf.pem", Of(answer, "certificate")))).Output;
    }

    private static bool Chain(JsonElement answer, out string why)
    {
        using var leaf = X509Certificate2.CreateFromPem(Of(answer, "certificate"));
        using var authority = X509Certificate2.CreateFromPem(Of(answer, "chain"));
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority },
                RevocationMode = X509RevocationMode.Online, RevocationFlag = X509RevocationFlag.EndCertificateOnly,
            },
        };
        var sound = chain.Build(leaf);
        why = string.Join(", ", chain.ChainStatus.Select(status => status.Status));
        return sound;
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>A service that wants a client certificate of the broker's authority and looks at its list at every handshake.</summary>
    private static async Task<WebApplication> ServeAsync(JsonElement server, Scene scene)
    {
        using var made = X509Certificate2.CreateFromPem(Of(server, "certificate"), Of(server, "privateKey"));
        var own = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var authority = X509Certificate2.CreateFromPem(await AuthorityAsync(scene));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, LoopbackPorts.FindFree(), listen => listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = own, ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, _, errors) => !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) && IsWelcome(certificate, authority, scene),
        })));
        var app = builder.Build();
        app.MapGet("/", () => "come in");
        await app.StartAsync();
        return app;
    }

    private static bool IsWelcome(X509Certificate2 certificate, X509Certificate2 authority, Scene scene)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck,
                ApplicationPolicy = { new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2") },
            },
        };
        using var http = new HttpClient();
        var list = CertificateRevocationListBuilder.Load(http.GetByteArrayAsync(new Uri(scene.Address, "/ca/crl")).GetAwaiter().GetResult(), out _);
        return chain.Build(certificate) && !list.RemoveEntry(certificate.SerialNumberBytes.Span);
    }
}
