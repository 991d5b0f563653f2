using CredentialBroker.Approvals;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.Hosting;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Configuration;

public sealed class RisksTests
{
    private static readonly BrokerOptions Safe = new()
    {
        Hosting = new HostingOptions { Listen = "https://127.0.0.1:8200" },
        Keys = new KeyOptions { KeyEncryptionKeyFile = "/nowhere/kek" },
    };

    [Fact]
    public void A_safe_configuration_has_none() => Assert.Empty(Risks.In(Safe));

    [Fact]
    public void Each_is_told_with_its_key_its_meaning_and_what_to_do()
    {
        Tells("Hosting:Profile", Safe with { Hosting = Safe.Hosting with { Profile = "dev" } });
        Tells("Hosting:Listen", Safe with { Hosting = new HostingOptions() });
        Tells("Keys:KeyEncryptionKeyFile", Safe with { Keys = new KeyOptions() });
        Tells("Keys:FormerKeyEncryptionKeyFile", Safe with { Keys = Safe.Keys with { FormerKeyEncryptionKeyFile = "/nowhere/former" } });
        Tells("Keys:RotateEvery", Safe with { Keys = Safe.Keys with { RotateEvery = TimeSpan.FromDays(91) } });
        Tells("Limits:TtlCeiling", Safe with { Limits = new LimitOptions { TtlCeiling = TimeSpan.FromHours(1) } });
        Tells("Policy:OnError", Safe with { Policy = new() { OnError = "outage" } });
        Tells("TrustSources:Approvals:hooks:Authentication", Sources(new ApprovalSourceOptions { Format = "cloudevents", Authentication = "webhook", SecretFile = "/nowhere/secret" }));
        Assert.Empty(Risks.In(Sources(new ApprovalSourceOptions { Format = "cloudevents", Authentication = "jws" })));
        Tells("Targets:Postgres:orders:SslMode", Safe with
        {
            Targets = new TargetOptions { Postgres = new Dictionary<string, PostgresTarget> { ["orders"] = new() { SslMode = "require" } } },
        });
        Tells("Targets:Vault:main:Login:Method", Vault(new() { Login = new() { Method = "token", TokenFile = "/nowhere/token", AllowStaticToken = true } }));
        Tells("Targets:Vault:main:AllowStaticSecrets", Vault(new() { AllowStaticSecrets = true }));
        Assert.Empty(Risks.In(Vault(new())));
        Tells("Targets:Aws:main:Login:Method", Aws(new() { Login = new() { Method = "keys" } }));
        Tells("Targets:Aws:main:MaxLeasesPerRole", Aws(new() { MaxLeasesPerRole = 5000 }));
        Assert.Empty(Risks.In(Aws(new())));
        Tells("Targets:Azure:main:Login:Method", Safe with { Targets = new TargetOptions { Azure = new Dictionary<string, Backends.Azure.AzureTarget> { ["main"] = new() { Login = new() { Method = "client-secret" } } } } });
        Tells("Targets:Gcp:main:Login:Method", Safe with { Targets = new TargetOptions { Gcp = new Dictionary<string, Backends.Gcp.GcpTarget> { ["main"] = new() { Login = new() { Method = "key-file" } } } } });
    }

    private static BrokerOptions Aws(Backends.Aws.AwsTarget target) =>
        Safe with { Targets = new TargetOptions { Aws = new Dictionary<string, Backends.Aws.AwsTarget> { ["main"] = target } } };

    private static BrokerOptions Vault(Backends.Vault.VaultTarget target) =>
        Safe with { Targets = new TargetOptions { Vault = new Dictionary<string, Backends.Vault.VaultTarget> { ["main"] = target } } };

    [Fact]
    public void A_key_file_that_others_may_read_is_told()
    {
        if (OperatingSystem.IsWindows()) return;
        var file = Path.GetTempFileName();
        try
        {
            var options = Safe with { Keys = Safe.Keys with { KeyEncryptionKeyFile = file } };
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Assert.Empty(Risks.In(options));
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            Assert.Contains("0640", Tells("Keys:KeyEncryptionKeyFile", options).Meaning, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Check_ends_well_with_warnings_and_badly_with_mistakes()
    {
        using var folder = new SceneFolder();
        var (options, _) = ConfigurationReader.Read(ConfigurationReader.Sources(folder.Write(8200)), TimeProvider.System);
        Assert.NotEmpty(Risks.In(options));
        Assert.Equal(0, await Commands.CheckAsync(["--config", folder.ConfigurationFile]));
        folder.Write(8200, change: configuration => configuration["Keys"] = new System.Text.Json.Nodes.JsonObject { ["RotateEvery"] = "00:00:01" });
        Assert.Equal(2, await Commands.CheckAsync(["--config", folder.ConfigurationFile]));
    }

    private static BrokerOptions Sources(ApprovalSourceOptions source) =>
        Safe with { TrustSources = new TrustSourceOptions { Approvals = new Dictionary<string, ApprovalSourceOptions> { ["hooks"] = source } } };

    private static Risk Tells(string key, BrokerOptions options)
    {
        var risk = Assert.Single(Risks.In(options));
        Assert.Equal(key, risk.Key);
        Assert.All([risk.Meaning, risk.Remedy], Assert.NotEmpty);
        return risk;
    }
}
