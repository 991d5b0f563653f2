using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Backends.Vault;

/// <summary>Who the Vault is, and who the broker is, told by certificates.</summary>
public sealed class VaultTlsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("credbroker-vault-");
    private readonly TestAuthority _servers = new("CN=servers");
    private readonly TestAuthority _clients = new("CN=clients");
    private readonly TestAuthority _others = new("CN=others");

    [Fact]
    public async Task A_client_certificate_opens_the_cert_login_and_one_of_another_authority_does_not()
    {
        await using var rig = await StartAsync();
        await rig.AdminAsync("sys/auth/cert", new JsonObject { ["type"] = "cert" });
        await rig.AdminAsync("auth/cert/certs/broker", new JsonObject
        {
            ["certificate"] = _clients.Pem, ["allowed_common_names"] = new JsonArray("broker"), ["token_policies"] = new JsonArray($"broker-{rig.Suffix}"),
        });
        foreach (var role in new[] { "broker", null })
        {
            Show(_clients.IssueWithKey("CN=broker"));
            Connect(rig, role);
            var (handle, minted, _) = await rig.MintAsync();
            Assert.True(await rig.WorksAsync(minted.Secret));
            await rig.Backend.EndAsync(handle, default);
            Assert.False(await rig.WorksAsync(minted.Secret));
        }

        X509Certificate2[] strangers =
        [
            _others.IssueWithKey("CN=broker"), _clients.IssueWithKey("CN=somebody"), _clients.IssueWithKey("CN=broker", usage: TestAuthority.ServerAuthentication),
            _clients.IssueWithKey("CN=broker", life: (TimeSpan.FromHours(-2), TimeSpan.FromHours(-1))),
        ];
        foreach (var stranger in strangers)
        {
            Show(stranger);
            Connect(rig, "broker");
            Assert.Contains("own login", (await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync())).Detail, StringComparison.Ordinal);
        }

        // A certificate that took the old one's place is shown at the next connection; nothing was remembered of the refusal.
        Show(_clients.IssueWithKey("CN=broker"));
        rig.Connect(rig.Target);
        await rig.MintAsync();
    }

    [Fact]
    public async Task A_private_key_that_cannot_be_read_is_told_without_its_path()
    {
        await using var rig = await StartAsync();
        Show(_clients.IssueWithKey("CN=broker"));
        File.WriteAllText(PathOf("client.key"), "no key");
        Connect(rig, "broker");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.DoesNotContain(_folder.Name, failed.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("another root")]
    [InlineData("the machine's roots")]
    [InlineData("expired")]
    [InlineData("of another host")]
    public async Task A_server_that_cannot_be_believed_is_asked_nothing(string wrong)
    {
        var server = wrong switch
        {
            "expired" => _servers.IssueWithKey("CN=vault", AtLoopback, TestAuthority.ServerAuthentication, (TimeSpan.FromHours(-2), TimeSpan.FromHours(-1))),
            "of another host" => _servers.IssueWithKey("CN=vault", names => names.AddDnsName("vault.example"), TestAuthority.ServerAuthentication),
            _ => Server(),
        };
        await using var rig = await VaultRig.StartAsync(server: server);
        var before = rig.StandIn!.Asked.Count;
        File.WriteAllText(PathOf("root.pem"), wrong == "another root" ? _others.Pem : _servers.Pem);
        rig.Connect(rig.Target with { RootCertificateFile = wrong == "the machine's roots" ? null : PathOf("root.pem") });
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.Equal(before, rig.StandIn.Asked.Count);
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        foreach (var authority in new[] { _servers, _clients, _others }) authority.Dispose();
    }

    private async Task<VaultRig> StartAsync()
    {
        var rig = await VaultRig.StartAsync(server: Server());
        File.WriteAllText(PathOf("root.pem"), _servers.Pem);
        rig.Connect(rig.Target with { RootCertificateFile = PathOf("root.pem") });
        return rig;
    }

    private void Connect(VaultRig rig, string? role) => rig.Connect(rig.Target with
    {
        Login = new VaultLogin { Method = "cert", Role = role, ClientCertificateFile = PathOf("client.crt"), ClientKeyFile = PathOf("client.key") },
    });

    private void Show(X509Certificate2 certificate)
    {
        File.WriteAllText(PathOf("client.crt"), certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(PathOf("client.key"), key.ExportPkcs8PrivateKeyPem());
        certificate.Dispose();
    }

    private X509Certificate2 Server() => _servers.IssueWithKey("CN=vault", AtLoopback, TestAuthority.ServerAuthentication);

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    private static void AtLoopback(SubjectAlternativeNameBuilder names) => names.AddIpAddress(IPAddress.Loopback);
}
