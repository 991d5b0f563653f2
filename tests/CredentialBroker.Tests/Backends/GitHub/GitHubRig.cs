using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.GitHub;

/// <summary>
/// An installation of an App, at the stand-in or at GitHub (GITHUB_APP_ID, GITHUB_APP_KEY_FILE, GITHUB_INSTALLATION_ID and
/// GITHUB_REPOSITORY as name:id; GITHUB_API for an Enterprise server), and a broker's key-encryption key.
/// </summary>
internal sealed class GitHubRig : IAsyncDisposable
{
    public const string TargetName = "main";
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-github-").FullName;
    private readonly RSA _key = RSA.Create(2048);

    private GitHubRig() => Clock = new BrokerClock(Time);

    public static bool HasReal => Environment.GetEnvironmentVariable("GITHUB_APP_ID") is { Length: > 0 } && Environment.GetEnvironmentVariable("GITHUB_APP_KEY_FILE") is { Length: > 0 };

    /// <summary>Null at GitHub itself.</summary>
    public GitHubStandIn? StandIn { get; private set; }
    public ShiftedClock Time { get; } = new();
    public BrokerClock Clock { get; }
    public GitHubTarget Target { get; private set; } = new();
    public PerTarget<GitHubTarget, GitHubHttp> Installations { get; private set; } = null!;
    public GitHubBackend Backend { get; private set; } = null!;
    public static string MintCall => $"POST /app/installations/{GitHubStandIn.Installation}/access_tokens";

    public static async Task<GitHubRig> StartAsync(bool real = false)
    {
        var rig = new GitHubRig();
        var keyFile = Path.Combine(rig._folder, "app.pem");
        await File.WriteAllTextAsync(keyFile, rig._key.ExportRSAPrivateKeyPem());
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        rig.NewKey("kek");
        if (!real) rig.StandIn = await GitHubStandIn.StartAsync(rig.Time, rig._key);
        rig.Connect(real ? Real() : new GitHubTarget
        {
            Address = rig.StandIn!.Url, RootCertificateFile = rig.StandIn.RootFile, AppId = GitHubStandIn.AppId, InstallationId = GitHubStandIn.Installation, PrivateKeyFile = keyFile,
            Repositories = new Dictionary<string, long> { ["shop"] = 101, ["web"] = 102 }, Permissions = new Dictionary<string, string> { ["contents"] = "write", ["issues"] = "read" }, RequestTimeout = TimeSpan.FromSeconds(3),
        });
        return rig;
    }

    /// <summary>A broker anew, as after a restart, with other options, or with another key-encryption key.</summary>
    public void Connect(GitHubTarget target, string key = "kek", string? former = null)
    {
        Installations?.Dispose();
        Target = target;
        Installations = GitHubServices.Installations(new Dictionary<string, GitHubTarget> { [TargetName] = target }, Clock);
        var encryption = new KeyEncryption(new KeyOptions { KeyEncryptionKeyFile = Path.Combine(_folder, key), FormerKeyEncryptionKeyFile = former is null ? null : Path.Combine(_folder, former) }, null);
        encryption.Load();
        Backend = new GitHubBackend(Installations, new SealedCredentials(encryption), Clock);
    }

    public void NewKey(string name) => File.WriteAllText(Path.Combine(_folder, name), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    public GitHubGrant Grant(params string[] repositories) => new(
        TargetName, new GitHubAccess(repositories.Length == 0 ? [Target.Repositories.Keys.First()] : repositories, new Dictionary<string, string> { [StandIn is null ? "metadata" : "contents"] = "read" }), [], Target.Repositories);

    public Order Order(TimeSpan? life = null, TimeSpan? deadline = null, GitHubGrant? grant = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant ?? Grant(), new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(15)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds);
    }

    public async Task<(string Handle, Minted Minted, Order Order)> MintAsync(GitHubGrant? grant = null, TimeSpan? life = null)
    {
        var order = Order(life, grant: grant);
        var handle = await Backend.PrepareAsync(Backend.Plan(order), order, default);
        var minted = await Backend.MintAsync(handle, order, default);
        return (minted.Handle ?? handle, minted, order);
    }

    public Task<bool> WorksAsync(Secret secret) => Installations.To(TargetName).WorksAsync(secret.Member("test", "token"), default).AsTask();

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => configuration["Targets"]!["GitHub"] = new JsonObject
    {
        [TargetName] = new JsonObject
        {
            ["Address"] = Target.Address!.ToString(), ["RootCertificateFile"] = Target.RootCertificateFile, ["AppId"] = Target.AppId, ["InstallationId"] = Target.InstallationId, ["PrivateKeyFile"] = Target.PrivateKeyFile,
            ["Repositories"] = new JsonObject { ["shop"] = 101 }, ["Permissions"] = new JsonObject { ["contents"] = "write" },
        },
    };

    public async ValueTask DisposeAsync()
    {
        Installations.Dispose();
        if (StandIn is not null) await StandIn.DisposeAsync();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
        if (StandIn is not null) Assert.Empty(StandIn.Undocumented);
    }

    private static GitHubTarget Real()
    {
        var repository = Environment.GetEnvironmentVariable("GITHUB_REPOSITORY")!.Split(':');
        return new GitHubTarget
        {
            Address = new Uri(Environment.GetEnvironmentVariable("GITHUB_API") ?? "https://api.github.com"), AppId = Environment.GetEnvironmentVariable("GITHUB_APP_ID")!, PrivateKeyFile = Environment.GetEnvironmentVariable("GITHUB_APP_KEY_FILE")!,
            InstallationId = long.Parse(Environment.GetEnvironmentVariable("GITHUB_INSTALLATION_ID")!, CultureInfo.InvariantCulture), Permissions = new Dictionary<string, string> { ["metadata"] = "read" },
            Repositories = new Dictionary<string, long> { [repository[0]] = long.Parse(repository[1], CultureInfo.InvariantCulture) }, StatelessTokens = Environment.GetEnvironmentVariable("GITHUB_STATELESS") == "1",
        };
    }
}
