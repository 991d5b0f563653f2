using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredentialBroker.Approvals;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Configuration;

public sealed class CertificateDatesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-dates-").FullName;

    public static TheoryData<string> Keys =>
        ["Hosting:CertificateFile", "Targets:Postgres:orders:ClientCertificateFile", "Targets:Postgres:orders:RootCertificateFile", "Operators:Certificates:staff:CaFile", "TrustSources:Approvals:gate:ClientCaFile"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Keys))]
    public void Each_file_is_told_when_it_is_over_soon_over_or_not_yet_begun(string key)
    {
        var over = CertificateDates.In(With(key, Pem(-100, 0)), Now);
        Assert.StartsWith($"{key}: 'CN=test' expired at 2030-01-31 12:00:00Z; put its successor", Assert.Single(over.Mistakes), StringComparison.Ordinal);
        Assert.Empty(over.Risks);

        Told(key, "expires at 2030-03-02 11:59:59Z", Pem(-100, 30, -1));
        Told(key, "is not valid before 2030-01-31 12:00:01Z", Pem(0, 100, 0, 1));
        var sound = CertificateDates.In(With(key, Pem(-100, 30)), Now);
        Assert.Empty(sound.Mistakes);
        Assert.Empty(sound.Risks);
        Assert.StartsWith($"{key}: ", Assert.Single(CertificateDates.In(With(key, "no certificate"), Now).Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_authorities_one_that_is_over_is_told_and_stops_nothing()
    {
        Told("Operators:Certificates:staff:CaFile", "vouches for nobody any more", Pem(-100, -1) + "\n" + Pem(-100, 100));
        // A server whose own certificate is over is not helped by those after it.
        Assert.Single(CertificateDates.In(With("Hosting:CertificateFile", Pem(-100, -1) + "\n" + Pem(-100, 100)), Now).Mistakes);
        Told("Hosting:CertificateFile", "vouches for nobody any more", Pem(-100, 100) + "\n" + Pem(-100, -1));
    }

    [Fact]
    public async Task Check_ends_badly_with_an_expired_authority_and_well_with_one_that_will_expire()
    {
        using var folder = new SceneFolder();
        var file = Path.Combine(folder.Path, "staff.pem");
        folder.Write(8200, change: configuration => configuration["Operators"]!["Certificates"] = new JsonObject
        {
            ["staff"] = new JsonObject { ["CaFile"] = file, ["Roles"] = new JsonArray(new JsonObject { ["Role"] = "auditor", ["Match"] = new JsonArray(new JsonObject { ["Claim"] = "email", ["Values"] = new JsonArray("a@b") }) }) },
        });
        await File.WriteAllTextAsync(file, Pem(-100, -1, at: TimeProvider.System.GetUtcNow()));
        Assert.Equal(2, await Commands.CheckAsync(["--config", folder.ConfigurationFile]));
        await File.WriteAllTextAsync(file, Pem(-100, 10, at: TimeProvider.System.GetUtcNow()));
        Assert.Equal(0, await Commands.CheckAsync(["--config", folder.ConfigurationFile]));
    }

    private void Told(string key, string meaning, string pem)
    {
        var dates = CertificateDates.In(With(key, pem), Now);
        Assert.Empty(dates.Mistakes);
        var risk = Assert.Single(dates.Risks);
        Assert.Equal(key, risk.Key);
        Assert.Contains(meaning, risk.Meaning, StringComparison.Ordinal);
        Assert.NotEmpty(risk.Remedy);
    }

    private BrokerOptions With(string key, string pem)
    {
        var file = Path.Combine(_folder, "one.pem");
        File.WriteAllText(file, pem);
        var orders = new PostgresTarget();
        return key.Split(':') switch
        {
            ["Hosting", ..] => new BrokerOptions { Hosting = new HostingOptions { CertificateFile = file } },
            [.., "ClientCertificateFile"] => Targets(orders with { ClientCertificateFile = file }),
            [.., "RootCertificateFile"] => Targets(orders with { RootCertificateFile = file }),
            ["Operators", ..] => new BrokerOptions { Operators = new OperatorOptions { Certificates = { ["staff"] = new OperatorCertificateOptions { CaFile = file } } } },
            _ => new BrokerOptions { TrustSources = new TrustSourceOptions { Approvals = new Dictionary<string, ApprovalSourceOptions> { ["gate"] = new() { ClientCaFile = file } } } },
        };
    }

    private static BrokerOptions Targets(PostgresTarget orders) => new() { Targets = new TargetOptions { Postgres = new Dictionary<string, PostgresTarget> { ["orders"] = orders } } };

    private static string Pem(int fromDays, int untilDays, int untilSeconds = 0, int fromSeconds = 0, DateTimeOffset? at = null)
    {
        var now = at ?? Now;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var made = request.CreateSelfSigned(now.AddDays(fromDays).AddSeconds(fromSeconds), now.AddDays(untilDays).AddSeconds(untilSeconds));
        return made.ExportCertificatePem();
    }
}
